import { Fault, type AgentAs } from '@fermata/contracts';
import type { PerformedKind } from './kind';

/** Functions that this runner's operator loaded and registered. */
export const functionAgents: PerformedKind<AgentAs<'function'>> = {
  find(agent, task, tenant, { registered }) {
    const described = agent.capabilities[task.capability];
    if (described !== undefined) return registered.find(tenant, task, described);
    const found = `expected ${task.capability} of ${task.agent.name}, found none`;
    throw new Fault('DEFINITION_INVALID', found);
  },
};
