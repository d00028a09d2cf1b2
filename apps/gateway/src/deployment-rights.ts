import {
  agentRegistration,
  Fault,
  registrationsOf,
  type AgentDefinition,
  type Definition,
  type PolicyDefinition,
} from '@fermata/contracts';
import { contentDigest, definitionHash } from '@fermata/core';
import type { LogPort } from '@fermata/log';
import { agentKindOf } from '@fermata/sdk';
import { contentOf, type Identity } from '@fermata/service';
import { nameOfDeployment } from './deployments';

/**
 * Refuses a deployment that brings what is not its author's to bring: an agent with code that no
 * runner registered as it stands there, or a policy that no policy owner brought. What is deployed
 * already may be deployed again.
 */
export async function checkRights(
  log: LogPort,
  caller: Identity,
  definition: Definition,
): Promise<void> {
  const { tenant } = caller;
  const known = await log.getLatest(nameOfDeployment(tenant, definition.workflow));
  if (known === definitionHash(definition)) return;
  for (const agent of definition.agents) {
    if (agentKindOf(agent).code !== null) await checkRegistered(log, tenant, agent);
  }
  await checkPolicy(log, caller, definition.policy);
}

async function checkRegistered(
  log: LogPort,
  tenant: string,
  agent: AgentDefinition,
): Promise<void> {
  const prefix = registrationsOf(tenant);
  const named = `${agent.name}@${agent.version}`;
  const text = await log.getLatest(`${prefix}${named}`);
  const registration = text === null ? null : agentRegistration.parse(JSON.parse(text));
  if (registration?.digest === contentDigest(agent)) return;
  const all = await log.listLatest(prefix);
  const names = [...all.keys()].map((key) => key.slice(prefix.length)).slice(0, 50);
  const known = names.join(', ') || 'none';
  const found =
    registration === null
      ? `found none of this name and version; registered: ${known}`
      : 'found another content under its name and version';
  const remedy =
    'ask the operator to load it with the project of a runner, or take it as it is there';
  const expected = `expected the ${agent.kind} agent ${named} to be registered by a runner`;
  throw new Fault('AGENT_NOT_REGISTERED', `${expected}, ${found}; ${remedy}`, true);
}

async function checkPolicy(
  log: LogPort,
  caller: Identity,
  policy: PolicyDefinition,
): Promise<void> {
  if (caller.roles.includes('policy-owner')) return;
  const { tenant } = caller;
  const known = await contentOf(log, { kind: 'policy', tenant, definition: policy });
  if (known === contentDigest(policy)) return;
  const named = `${policy.name}@${policy.version}`;
  if (known === null) {
    const found = `expected the policy ${named} to be deployed by a policy owner, found that it is not`;
    const remedy = 'ask one to deploy it with PUT /v1/policies, or for the role policy-owner';
    throw new Fault('PERMISSION_DENIED', `${found}; ${remedy}`);
  }
  const found = `expected the policy ${named} as its owner deployed it, found other content`;
  throw new Fault('DEFINITION_CONFLICT', `${found}; refer to it as it is`);
}
