import type { AgentAs, AgentKind } from '@fermata/contracts';
import { functionAgents } from './function';
import { httpAgents } from './http';
import type { ProjectAgentKind } from './kind';

const KINDS: { readonly [K in AgentKind]: ProjectAgentKind<AgentAs<K>> } = {
  function: functionAgents,
  http: httpAgents,
};

/** What is known of an agent by its kind. */
export function agentKindOf<K extends AgentKind>(agent: AgentAs<K>): ProjectAgentKind<AgentAs<K>> {
  return KINDS[agent.kind];
}
