import '@fermata/service/start-telemetry';
import 'reflect-metadata';
import { ORIGIN } from '@fermata/log';
import { openReadModel, savedPlace } from '@fermata/read-model';
import { allowedHostsIn } from '@fermata/sdk';
import {
  ceilingsIn,
  CommandDesk,
  needed,
  readKeys,
  runService,
  TokenDirectory,
} from '@fermata/service';
import { GatewayModule } from './gateway.module';
import { ProjectionProgress } from './projection-progress';

runService('gateway', async (log, env) => {
  const source = await openReadModel(needed(env, 'FERMATA_DATABASE_URL'));
  const tokens = new TokenDirectory(readKeys(needed(env, 'FERMATA_KEYS_FILE')));
  const startPlace = async (at: number) => (await savedPlace(source, at)) ?? ORIGIN;
  const desk = new CommandDesk(log, startPlace, new ProjectionProgress(source));
  const hosts = env['FERMATA_ALLOWED_HOSTS'];
  const allowedHosts = hosts === undefined ? null : allowedHostsIn(hosts);
  const edge = { log, source, desk, ceilings: ceilingsIn(env), allowedHosts };
  return {
    module: GatewayModule.register(edge, tokens),
    listens: true,
    start: () => desk.start(),
    stop: () => desk.stop(),
  };
});
