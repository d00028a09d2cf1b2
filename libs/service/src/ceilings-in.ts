import {
  CEILING_SETTINGS,
  CEILINGS,
  duration,
  durationMs,
  Fault,
  type Ceilings,
} from '@fermata/contracts';
import { countIn, type Env } from './open-log';

/** What an operator lets any definition ask for: times as durations, and a number of attempts. */
export function ceilingsIn(env: Env): Ceilings {
  const timeIn = (ceiling: Exclude<keyof Ceilings, 'agentConcurrencyMax'>): number => {
    const name = CEILING_SETTINGS[ceiling];
    const text = env[name] ?? '';
    if (text === '') return CEILINGS[ceiling];
    if (duration.safeParse(text).success) return durationMs(text);
    const found = `expected a duration such as 30s, 5m, 2h or 7d in ${name}, found "${text}"`;
    throw new Fault('CONFIG_INVALID', `${found}; correct it`);
  };
  return {
    attemptTimeoutMsMax: timeIn('attemptTimeoutMsMax'),
    leaseMsMax: timeIn('leaseMsMax'),
    runTimeoutMsMax: timeIn('runTimeoutMsMax'),
    agentConcurrencyMax:
      countIn(env, CEILING_SETTINGS.agentConcurrencyMax) ?? CEILINGS.agentConcurrencyMax,
  };
}
