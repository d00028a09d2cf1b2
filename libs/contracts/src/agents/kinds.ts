import { z } from 'zod';
import { functionAgent } from './function';
import { httpAgent } from './http';
import type { AgentMistake, AgentRules } from './kind';

/** Every kind of agent: what it says of itself, in a file of its own. */
const KINDS = {
  function: functionAgent,
  http: httpAgent,
};

const { function: first, ...others } = KINDS;

/** Who performs steps: its capabilities, their risk, and how dear it is (`tier`, 1 is cheapest). */
export const agentDefinition = z.discriminatedUnion('kind', [
  first.schema,
  ...Object.values(others).map(({ schema }) => schema),
]);
/** Who performs steps. */
export type AgentDefinition = z.infer<typeof agentDefinition>;

/** What an agent may be. */
export type AgentKind = AgentDefinition['kind'];

/** An agent of one kind. */
export type AgentAs<K extends AgentKind> = Extract<AgentDefinition, { readonly kind: K }>;

/** A capability as an agent of any kind describes it. */
export type Capability = AgentDefinition['capabilities'][string];

const RULES = KINDS satisfies { readonly [K in AgentKind]: AgentRules<AgentAs<K>> };

/** What is wrong with an agent, though its fields have the right form. */
export function mistakeInAgent<K extends AgentKind>(agent: AgentAs<K>): AgentMistake | null {
  const rules: { readonly [I in AgentKind]: AgentRules<AgentAs<I>> } = RULES;
  return rules[agent.kind].mistakeIn(agent);
}
