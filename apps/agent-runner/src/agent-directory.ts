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
import type { AddressGuard } from './address-guard';
import type { FoundAgent, Perform } from './agent';
import { loadFunction } from './function-agent';
import { httpAgent } from './http-agent';

type Task = EventData<'AttemptScheduled'>;

/** Finds who performs an attempt: the definition that the attempt names says where. */
export class AgentDirectory {
  private readonly known = new Map<string, Promise<FoundAgent>>();

  constructor(
    private readonly log: LogPort,
    private readonly guard: AddressGuard,
    private readonly projectDir: string,
  ) {}

  /** Who performs an attempt's capability. */
  find({ definition: hash, agent, capability }: Task): Promise<FoundAgent> {
    const name = `${hash}/${agent.name}/${capability}`;
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const found = this.load(hash, agent.name, capability);
    this.known.set(name, found);
    // A failure is not remembered: the module or definition may be mended meanwhile.
    found.catch(() => this.known.delete(name));
    return found;
  }

  private async load(hash: string, agentName: string, capability: string): Promise<FoundAgent> {
    const text = await this.log.getLatest(`definition-hash/${hash}`);
    if (text === null) {
      const found = `expected a deployed definition, found none with hash ${hash}`;
      throw new Fault('DEFINITION_UNKNOWN', `${found}; deploy the workflow`, true);
    }
    const { agents } = definition.parse(JSON.parse(text));
    const agent = agents.find(({ name }) => name === agentName);
    if (agent === undefined || !(capability in agent.capabilities)) {
      const found = `expected agent ${agentName} with ${capability} in ${hash}, found none`;
      throw new Fault('DEFINITION_INVALID', `${found}; deploy the workflow again`);
    }
    return {
      id: sha256Hex(canonicalJson(agent as unknown as Json)),
      concurrencyMax: agent.concurrencyMax ?? LIMITS.agentConcurrency,
      perform: await this.performing(agent, capability),
    };
  }

  private async performing(agent: AgentDefinition, capability: string): Promise<Perform> {
    if (agent.kind === 'function') {
      const offered = agent.capabilities[capability];
      return loadFunction(this.projectDir, offered?.module ?? '', offered?.export ?? 'default');
    }
    const path = agent.capabilities[capability]?.path ?? '';
    return httpAgent(this.guard, `${agent.url}${path}`);
  }
}
