import '@fermata/service/start-telemetry';
import 'reflect-metadata';
import { ORIGIN } from '@fermata/log';
import { openReadModel, savedPlace } from '@fermata/read-model';
import { CommandDesk, needed, readKeys, runService, TokenDirectory } from '@fermata/service';
import { ApprovalServiceModule } from './approval-service.module';

runService('approval-service', async (log, env) => {
  const source = await openReadModel(needed(env, 'FERMATA_DATABASE_URL'));
  const tokens = new TokenDirectory(readKeys(needed(env, 'FERMATA_KEYS_FILE')));
  const desk = new CommandDesk(log, async (at) => (await savedPlace(source, at)) ?? ORIGIN);
  return {
    module: ApprovalServiceModule.register({ source, desk }, tokens),
    listens: true,
    start: () => desk.start(),
    stop: () => desk.stop(),
  };
});
