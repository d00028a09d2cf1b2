import '@fermata/service/start-telemetry';
import 'reflect-metadata';
import { ceilingsIn, countIn, runService } from '@fermata/service';
import type { SchedulerConfig } from './scheduler.config';
import { SchedulerModule } from './scheduler.module';

/** Settings that are numbers of things, and the variables that say them. */
const COUNTS = {
  openAttemptsMax: 'FERMATA_TENANT_ATTEMPTS_MAX',
  queuedStepsMax: 'FERMATA_TENANT_QUEUE_MAX',
  heldBytesMax: 'FERMATA_TENANT_HELD_BYTES_MAX',
  tenantCommandsPerSecond: 'FERMATA_TENANT_COMMANDS_PER_SECOND',
} as const satisfies Partial<Record<keyof SchedulerConfig, string>>;
const MINUTE_MS = 60_000;

runService('scheduler', async (log, env) => {
  const counts = Object.entries(COUNTS).flatMap(([setting, name]) => {
    const count = countIn(env, name);
    return count === undefined ? [] : [[setting, count] as const];
  });
  const said = { ...Object.fromEntries(counts), ceilings: ceilingsIn(env) };
  const keyMinutes = countIn(env, 'FERMATA_KEY_WINDOW_MINUTES');
  const config = keyMinutes === undefined ? said : { ...said, keyWindowMs: keyMinutes * MINUTE_MS };
  return { module: SchedulerModule.register({ log, config }) };
});
