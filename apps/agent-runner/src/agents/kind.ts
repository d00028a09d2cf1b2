import type { AgentDefinition, EventData } from '@fermata/contracts';
import type { AddressGuard } from '../address-guard';
import type { FoundAgent } from '../agent';
import type { RegisteredAgents } from '../registered-agents';

/** An attempt, as far as finding its agent goes. */
export type Task = Pick<EventData<'AttemptScheduled'>, 'definition' | 'agent' | 'capability'>;

/** What a runner has to perform with. */
export interface Means {
  readonly guard: AddressGuard;
  readonly registered: RegisteredAgents;
}

/** How a runner performs the agents of a kind. */
export interface PerformedKind<A extends AgentDefinition> {
  /** Who performs a capability that the agent has. */
  find(agent: A, task: Task, tenant: string, means: Means): FoundAgent;
}
