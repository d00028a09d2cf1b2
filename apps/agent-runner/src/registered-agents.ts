import {
  canonicalJson,
  Fault,
  LIMITS,
  registrationsOf,
  type AgentRegistration,
  type Capability,
  type EventData,
  type Json,
} from '@fermata/contracts';
import { sha256Hex } from '@fermata/core';
import type { LogPort } from '@fermata/log';
import { loadFunctions, type LoadedFunction, type ProjectFunctions } from '@fermata/sdk';
import { keepContent } from '@fermata/service';
import type { FoundAgent, Perform } from './agent';
import type { RunnerProject } from './runner-projects';

/** An agent of a tenant that this process performs. */
interface Registered {
  readonly tenant: string;
  readonly agent: ProjectFunctions['agent'];
  readonly digest: string;
  readonly functions: ReadonlyMap<string, LoadedFunction>;
}

/**
 * The function agents that this process performs: those of the projects that its operator loaded,
 * for the tenants that the operator said, with the code that was on disk at its start. What a
 * definition says decides nothing but which of them is meant.
 */
export class RegisteredAgents {
  private constructor(private readonly registered: readonly Registered[]) {}

  /** Loads the projects' agents, of those that `serves` names; refuses what does not load. */
  static async load(
    projects: readonly RunnerProject[],
    serves: (agent: string) => boolean,
  ): Promise<RegisteredAgents> {
    const registered: Registered[] = [];
    for (const { dir, tenants } of projects) {
      const { agents, problems } = await loadFunctions(dir, serves);
      if (problems.length > 0) {
        const lines = problems.map(
          ({ file, line, column, message }) => `${file}:${line}:${column} ${message}`,
        );
        const found = `expected agents that load in ${dir}, found:\n${lines.join('\n')}`;
        throw new Fault('CONFIG_INVALID', found);
      }
      for (const { agent, capabilities: functions } of agents) {
        const digest = digestOf(agent);
        registered.push(...tenants.map((tenant) => ({ tenant, agent, digest, functions })));
      }
    }
    refuseTwo(registered);
    return new RegisteredAgents(registered);
  }

  /**
   * Says on the log what this process performs, so that the edge lets definitions name it. One
   * version of an agent has one content; `replace` is for development.
   */
  async announce(log: LogPort, replace = false): Promise<void> {
    for (const { tenant, agent, digest, functions } of this.registered) {
      const kind = `${agent.kind}-agent` as const;
      const content = { kind, tenant, definition: agent, digest };
      await keepContent(log, content, replace);
      const capabilities = Object.fromEntries(
        [...functions].map(([capability, { module, export: name }]) => [
          capability,
          { module: module.module, export: name, content: module.content },
        ]),
      );
      const registration: AgentRegistration = { digest, capabilities };
      const name = `${registrationsOf(tenant)}${agent.name}@${agent.version}`;
      const text = canonicalJson(registration);
      if ((await log.getLatest(name)) !== text) await log.putLatest(name, text);
    }
  }

  /**
   * Who performs a capability that a definition describes: the agent registered for its tenant
   * that offers the very same, of its version if there is one. Contracts, class and code are the
   * operator's, so nothing of them may differ.
   */
  find(
    tenant: string,
    { agent: named, capability }: Pick<EventData<'AttemptScheduled'>, 'agent' | 'capability'>,
    described: Capability,
  ): FoundAgent {
    const wanted = digestOf(described);
    const offers = this.registered.filter(
      (one) => one.tenant === tenant && one.agent.name === named.name,
    );
    const same = offers.filter(({ agent }) => {
      const offered = Object.hasOwn(agent.capabilities, capability)
        ? agent.capabilities[capability]
        : undefined;
      return offered !== undefined && digestOf(offered) === wanted;
    });
    const found = same.find(({ agent }) => agent.version === named.version) ?? same[0];
    const loaded = found?.functions.get(capability);
    if (found === undefined || loaded === undefined) throw notRegistered(named, capability, offers);
    return {
      id: found.digest,
      concurrencyMax: found.agent.concurrencyMax ?? LIMITS.agentConcurrency,
      perform: loaded.perform as Perform,
    };
  }
}

function digestOf(definition: object): string {
  return sha256Hex(canonicalJson(definition as Json));
}

/** Two projects may both bring an agent for one tenant, but not two contents of one version. */
function refuseTwo(all: readonly Registered[]): void {
  const first = new Map<string, Registered>();
  for (const one of all) {
    const id = `${one.agent.name}@${one.agent.version} of tenant ${one.tenant}`;
    const before = first.get(id) ?? one;
    first.set(id, before);
    if (before.digest === one.digest && before.functions === one.functions) continue;
    const found = `expected one project that brings ${id}, found two`;
    throw new Fault('CONFIG_INVALID', `${found}; give it another version, or leave one out`);
  }
}

function notRegistered(
  named: { readonly name: string; readonly version: string },
  capability: string,
  offers: readonly Registered[],
): Fault {
  const versions = offers.map(({ agent }) => `${agent.name}@${agent.version}`).join(', ');
  const found = versions === '' ? 'no agent of this name' : `${versions} without the same contract`;
  const expected = `expected ${capability} of ${named.name}@${named.version} to be registered`;
  const remedy = 'ask the operator to load the project that has it in this runner';
  return new Fault('AGENT_NOT_REGISTERED', `${expected}, found ${found}; ${remedy}`, true);
}
