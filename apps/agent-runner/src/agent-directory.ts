import { definition, Fault, LIMITS, nameOfDefinition } from '@fermata/contracts';
import type { LogPort } from '@fermata/log';
import { BoundedCache } from '@fermata/service';
import type { FoundAgent } from './agent';
import type { Means, Task } from './agents/kind';
import { performedKindOf } from './agents/kinds';

/**
 * Finds who performs an attempt. The definition that the attempt names says which agent is meant:
 * where an http agent is, and which of the registered functions.
 */
export class AgentDirectory {
  private readonly known = new BoundedCache<Promise<FoundAgent>>(LIMITS.knownAgentsMax);

  constructor(
    private readonly log: LogPort,
    private readonly means: Means,
  ) {}

  /** Who performs an attempt's capability for a tenant. */
  find(task: Task, tenant: string): Promise<FoundAgent> {
    const name = `${tenant}/${task.definition}/${task.agent.name}/${task.capability}`;
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const found = this.load(task, tenant);
    this.known.set(name, found, 1);
    // A failure is not remembered: the definition may be deployed meanwhile.
    found.catch(() => this.known.delete(name));
    return found;
  }

  private async load(task: Task, tenant: string): Promise<FoundAgent> {
    const { definition: hash, agent: named, capability } = task;
    const text = await this.log.getLatest(nameOfDefinition(hash));
    if (text === null) {
      const found = `expected a deployed definition, found none with hash ${hash}`;
      throw new Fault('DEFINITION_UNKNOWN', `${found}; deploy the workflow`, true);
    }
    const { agents } = definition.parse(JSON.parse(text));
    const agent = agents.find(
      ({ name, version }) => name === named.name && version === named.version,
    );
    if (agent === undefined || !Object.hasOwn(agent.capabilities, capability)) {
      const found = `expected agent ${named.name} with ${capability} in ${hash}, found none`;
      throw new Fault('DEFINITION_INVALID', `${found}; deploy the workflow again`);
    }
    return performedKindOf(agent).find(agent, task, tenant, this.means);
  }
}
