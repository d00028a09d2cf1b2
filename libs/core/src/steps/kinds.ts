import type { EventOf, stepKinds } from '@fermata/contracts';
import type { EditRule } from '../handoff/edits';
import { afterAgentEvents, agentHolds, agentKind, type AgentWork } from './agent';
import { afterGateEvents, gateHolds, gateKind, type GateWork } from './gate';
import { setKind, type SetWork } from './set';
import { afterWaitEvents, waitHolds, waitKind, type WaitWork } from './wait';
import type {
  AfterEvents,
  Begun,
  Held,
  HeldAs,
  HoldRules,
  Moment,
  OpenGate,
  Reading,
  Site,
  StepKind,
  StepState,
  Turn,
} from './kind';

/** What a step of any kind does, compiled. */
export type Work = AgentWork | GateWork | SetWork | WaitWork;

/** The work of one kind. */
export type WorkAs<K extends Work['kind']> = Extract<Work, { readonly kind: K }>;

/** Every kind, by its name. */
const KINDS: { readonly [K in keyof typeof stepKinds]: StepKind<WorkAs<K>> } = {
  agent: agentKind,
  gate: gateKind,
  set: setKind,
  wait: waitKind,
};

/** Everything that a step may wait for, whatever kind brought it. */
const HOLDS: { readonly [K in Held['kind']]: HoldRules<HeldAs<K>> } = {
  ...agentHolds,
  ...gateHolds,
  ...waitHolds,
};

/** Every event that a kind brought and that changes a step. */
const AFTER = { ...afterAgentEvents, ...afterGateEvents, ...afterWaitEvents };

/** Name of an event that a kind of step brought and that changes the step it names. */
export type KindEventType = keyof typeof AFTER;

/** What a step gives, and how it is compiled. */
export function readStep(kind: Work['kind'], site: Site): Reading<Work> {
  return KINDS[kind].read(site);
}

/** What comes of a step whose needs are met and whose condition holds. */
export function beginWork<K extends Work['kind']>(work: WorkAs<K>, moment: Moment): Begun {
  const kind: StepKind<WorkAs<K>> = KINDS[work.kind];
  return kind.begin(work, moment);
}

/** The rule on what a person answers at a gate over a step; null when all is allowed. */
export function answerRule<K extends Work['kind']>(
  work: WorkAs<K>,
  cause: OpenGate['cause'],
): EditRule | null {
  const kind: StepKind<WorkAs<K>> = KINDS[work.kind];
  return kind.answerRule(work, cause);
}

/** When a step must be looked at again for what it waits for. */
export function dueOf<K extends Held['kind']>(held: HeldAs<K>, isPaused: boolean): number | null {
  const rules: HoldRules<HeldAs<K>> = HOLDS[held.kind];
  return rules.dueAt(held, isPaused);
}

/** What comes of a step at the moment that it waited for. */
export function dueTurn<K extends Held['kind']>(
  held: HeldAs<K>,
  step: { readonly id: string; readonly work: Work },
  at: number,
): Turn {
  const rules: HoldRules<HeldAs<K>> = HOLDS[held.kind];
  return rules.due(held, step, at);
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
