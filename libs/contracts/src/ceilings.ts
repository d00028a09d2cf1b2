import type { Definition } from './definition';
import { durationMs } from './duration';
import { LIMITS } from './limits';

/** What an operator lets any definition ask for; a definition may say less, never more. */
export interface Ceilings {
  readonly attemptTimeoutMsMax: number;
  readonly leaseMsMax: number;
  readonly runTimeoutMsMax: number;
  readonly agentConcurrencyMax: number;
}

/** The ceilings of an operator who set none. */
export const CEILINGS: Ceilings = {
  attemptTimeoutMsMax: LIMITS.attemptTimeoutMsMax,
  leaseMsMax: LIMITS.leaseMsMax,
  runTimeoutMsMax: LIMITS.runTimeoutMsMax,
  agentConcurrencyMax: LIMITS.agentConcurrencyCeiling,
};

/** A setting by which an operator moves a ceiling. */
export const CEILING_SETTINGS = {
  attemptTimeoutMsMax: 'FERMATA_ATTEMPT_TIMEOUT_MAX',
  leaseMsMax: 'FERMATA_LEASE_MAX',
  runTimeoutMsMax: 'FERMATA_RUN_TIMEOUT_MAX',
  agentConcurrencyMax: 'FERMATA_AGENT_CONCURRENCY_MAX',
} as const satisfies Record<keyof Ceilings, string>;

/** One value of a definition that a ceiling is over. */
interface Bounded {
  readonly ceiling: keyof Ceilings;
  readonly path: string;
  readonly said: string | number | undefined;
}

/** Why a definition asks for more than its operator allows, the first place, or null. */
export function whyAbove(definition: Definition, ceilings: Ceilings): string | null {
  for (const { ceiling, path, said } of boundedIn(definition)) {
    if (said === undefined) continue;
    const value = typeof said === 'number' ? said : durationMs(said);
    const max = ceilings[ceiling];
    if (value <= max) continue;
    const most = typeof said === 'number' ? `${max}` : `${max} ms`;
    const remedy = `say less, or have the operator raise ${CEILING_SETTINGS[ceiling]}`;
    return `${path}: expected at most ${most}, found ${said}; ${remedy}`;
  }
  return null;
}

function* boundedIn({ workflow, policy, agents }: Definition): Generator<Bounded> {
  yield { ceiling: 'runTimeoutMsMax', path: 'workflow.timeout', said: workflow.timeout };
  for (const [id, { timeout }] of Object.entries(workflow.steps)) {
    const path = `workflow.steps.${id}.timeout`;
    yield { ceiling: 'attemptTimeoutMsMax', path, said: timeout };
  }
  for (const [risk, { timeout, lease }] of Object.entries(policy.classes)) {
    const path = `policy.classes.${risk}`;
    yield { ceiling: 'attemptTimeoutMsMax', path: `${path}.timeout`, said: timeout };
    yield { ceiling: 'leaseMsMax', path: `${path}.lease`, said: lease };
  }
  for (const { name, concurrencyMax } of agents) {
    const path = `agents.${name}.concurrencyMax`;
    yield { ceiling: 'agentConcurrencyMax', path, said: concurrencyMax };
  }
}
