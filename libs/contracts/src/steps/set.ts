import { expressionFields } from './parts';

/** A step that computes its output's fields, each by a CEL expression; no agent is asked. */
export const setStep = {
  is: 'a set, which computes',
  fields: { set: expressionFields.optional() },
  events: {},
  commands: {},
} as const;
