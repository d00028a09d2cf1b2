import type { EventOf } from '@fermata/contracts';
import { afterAgentEvents, agentHolds } from './agent';
import { afterGateEvents, gateHolds } from './gate';
import type { AfterEvents, Held, HeldAs, HoldRules, StepState } from './kind';

/** Everything that a step may wait for, whatever kind brought it. */
const HOLDS: { readonly [K in Held['kind']]: HoldRules<HeldAs<K>> } = {
  ...agentHolds,
  ...gateHolds,
};

/** Every event that a kind brought and that changes a step. */
const AFTER = { ...afterAgentEvents, ...afterGateEvents };

/** Name of an event that a kind of step brought and that changes the step it names. */
export type KindEventType = keyof typeof AFTER;

/** When a step must be looked at again for what it waits for. */
export function dueOf<K extends Held['kind']>(held: HeldAs<K>, isPaused: boolean): number | null {
  const rules: HoldRules<HeldAs<K>> = HOLDS[held.kind];
  return rules.dueAt(held, isPaused);
}

/** What a step waits for, as it is after its run was paused for so long. */
export function resumedHold<K extends Held['kind']>(held: HeldAs<K>, heldMs: number): Held {
  const rules: HoldRules<HeldAs<K>> = HOLDS[held.kind];
  return rules.resumed(held, heldMs);
}

/** What an event that a kind brought makes of its step. */
export function afterEvent<T extends KindEventType>(step: StepState, event: EventOf<T>): StepState {
  const after: AfterEvents<KindEventType>[T] = AFTER[event.type];
  return after(step, event);
}
