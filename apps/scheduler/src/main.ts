import '@fermata/service/start-telemetry';
import 'reflect-metadata';
import { countIn, runService } from '@fermata/service';
import { SchedulerModule } from './scheduler.module';

runService('scheduler', async (log, env) => {
  const openAttemptsMax = countIn(env, 'FERMATA_TENANT_ATTEMPTS_MAX');
  const queuedStepsMax = countIn(env, 'FERMATA_TENANT_QUEUE_MAX');
  const tenantCommandsPerSecond = countIn(env, 'FERMATA_TENANT_COMMANDS_PER_SECOND');
  const config = {
    ...(openAttemptsMax === undefined ? {} : { openAttemptsMax }),
    ...(queuedStepsMax === undefined ? {} : { queuedStepsMax }),
    ...(tenantCommandsPerSecond === undefined ? {} : { tenantCommandsPerSecond }),
  };
  return { module: SchedulerModule.register({ log, config }) };
});
