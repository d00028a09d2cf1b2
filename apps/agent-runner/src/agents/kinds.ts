import type { AgentAs, AgentKind } from '@fermata/contracts';
import { functionAgents } from './function';
import { httpAgents } from './http';
import type { PerformedKind } from './kind';

const KINDS: { readonly [K in AgentKind]: PerformedKind<AgentAs<K>> } = {
  function: functionAgents,
  http: httpAgents,
};

/** How an agent of its kind is performed. */
export function performedKindOf<K extends AgentKind>(agent: AgentAs<K>): PerformedKind<AgentAs<K>> {
  return KINDS[agent.kind];
}
