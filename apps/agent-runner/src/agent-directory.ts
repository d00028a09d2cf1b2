import {
  canonicalJson,
  definition,
  Fault,
  LIMITS,
  type AgentDefinition,
  type EventData,
  type Json,
} from '@fermata/contracts';
import { sha256Hex } from '@fermata/core';
import type { LogPort } from '@fermata/log';
import { BoundedCache } from '@fermata/service';
import type { AddressGuard } from './address-guard';
import type { FoundAgent } from './agent';
import { httpAgent } from './http-agent';
import type { RegisteredAgents } from './registered-agents';

type Task = Pick<EventData<'AttemptScheduled'>, 'definition' | 'agent' | 'capability'>;

/**
 * Finds who performs an attempt. The definition that the attempt names says which agent is meant:
 * where an http agent is, and which of the registered functions.
 */
export class AgentDirectory {
  private readonly known = new BoundedCache<Promise<FoundAgent>>(LIMITS.knownAgentsMax);

  constructor(
    private readonly log: LogPort,
    private readonly guard: AddressGuard,
    private readonly registered: RegisteredAgents,
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
    const text = await this.log.getLatest(`definition-hash/${hash}`);
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
    if (agent.kind === 'http') return this.httpAgent(agent, capability, tenant);
    const described = agent.capabilities[capability];
    if (described !== undefined) return this.registered.find(tenant, task, described);
    throw new Fault('DEFINITION_INVALID', `expected ${capability} of ${named.name}, found none`);
  }

  private httpAgent(
    agent: Extract<AgentDefinition, { kind: 'http' }>,
    capability: string,
    tenant: string,
  ): FoundAgent {
    const address = `${agent.url}${agent.capabilities[capability]?.path ?? ''}`;
    return {
      id: sha256Hex(canonicalJson(agent as unknown as Json)),
      concurrencyMax: agent.concurrencyMax ?? LIMITS.agentConcurrency,
      perform: httpAgent((url) => this.guard.check(url, tenant), address),
    };
  }
}
