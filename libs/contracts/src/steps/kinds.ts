import { agentStep } from './agent';
import { gateStep } from './gate';

/** The kinds of steps, by the word that tells them apart: what each brings to language and log. */
export const stepKinds = { agent: agentStep, gate: gateStep } as const;

/** What a step may be. */
export type StepKind = keyof typeof stepKinds;

/** The fields that only steps of one kind have. */
export const FIELDS_OF_STEPS = { ...agentStep.fields, ...gateStep.fields } as const;

/** The events that a kind of step brings. */
export const EVENTS_OF_STEPS = { ...agentStep.events, ...gateStep.events } as const;

/** The commands that a kind of step brings. */
export const COMMANDS_OF_STEPS = { ...agentStep.commands, ...gateStep.commands } as const;
