import { durationMs, type PolicyDefinition, type StepDefinition } from '@fermata/contracts';
import type { AgentRisk } from './class-gate';
import type { Answering } from './rule';

/** How long a runner's claim lasts unless the policy says otherwise. */
const LEASE_MS = 15_000;

/** What a policy's class and a step say together of its attempts. */
export interface AttemptNumbers {
  readonly attemptsMax: number;
  readonly backoff: { readonly initialMs: number; readonly factor: number; readonly maxMs: number };
  readonly timeoutMs: number;
  readonly leaseMs: number;
}

/** A step that an agent will perform. */
interface Performed {
  readonly risk: AgentRisk;
  readonly id: string;
  readonly step: StepDefinition;
}

/** How often and how long a step of its class is tried, with what the step itself says on top. */
export function attemptsBy({ classes }: PolicyDefinition): Answering<Performed, AttemptNumbers> {
  return ({ risk, id, step }) => {
    const said = classes[risk];
    const { initial, factor, max } = step.retry?.backoff ?? said.backoff;
    const outcome = {
      attemptsMax: step.retry?.attemptsMax ?? said.attemptsMax,
      backoff: { initialMs: durationMs(initial), factor, maxMs: durationMs(max) },
      timeoutMs: durationMs(step.timeout ?? said.timeout),
      leaseMs: said.lease === undefined ? LEASE_MS : durationMs(said.lease),
    };
    const isOwn = step.retry?.attemptsMax !== undefined;
    return {
      outcome,
      rule: isOwn ? `steps.${id}.retry.attemptsMax` : `classes.${risk}.attemptsMax`,
    };
  };
}
