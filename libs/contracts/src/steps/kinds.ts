import { agentStep } from './agent';
import { gateStep } from './gate';
import { setStep } from './set';
import { waitStep } from './wait';

/** The kinds of steps, by the word that tells them apart: what each brings to language and log. */
export const stepKinds = {
  agent: agentStep,
  gate: gateStep,
  set: setStep,
  wait: waitStep,
} as const;

/** What a step may be. */
export type StepKind = keyof typeof stepKinds;

const KINDS = Object.keys(stepKinds) as StepKind[];

/** Fields of a step, as far as they tell its kind. */
type Fields = Readonly<Record<string, unknown>>;

/** The kind of a step, by the word that tells it; one without such a word is an agent's. */
export function kindOf(step: Fields): StepKind {
  const told = KINDS.find((kind) => kind !== 'agent' && step[kind] !== undefined);
  return told ?? 'agent';
}

/** A field that a step of this kind can't have, since it is another kind's; null without one. */
export function foreignField(step: Fields, kind: StepKind): keyof typeof FIELDS_OF_STEPS | null {
  const own: Fields = stepKinds[kind].fields;
  const fields = Object.keys(FIELDS_OF_STEPS) as (keyof typeof FIELDS_OF_STEPS)[];
  return fields.find((field) => !(field in own) && step[field] !== undefined) ?? null;
}

/** The fields that only steps of one kind have. */
export const FIELDS_OF_STEPS = {
  ...agentStep.fields,
  ...gateStep.fields,
  ...setStep.fields,
  ...waitStep.fields,
} as const;

/** The events that a kind of step brings. */
export const EVENTS_OF_STEPS = {
  ...agentStep.events,
  ...gateStep.events,
  ...setStep.events,
  ...waitStep.events,
} as const;

/** The commands that a kind of step brings. */
export const COMMANDS_OF_STEPS = {
  ...agentStep.commands,
  ...gateStep.commands,
  ...setStep.commands,
  ...waitStep.commands,
} as const;
