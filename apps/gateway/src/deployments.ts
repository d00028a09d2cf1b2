import {
  canonicalJson,
  CEILINGS,
  Fault,
  LIMITS,
  nameOfDefinition,
  whyAbove,
  type AgentDefinition,
  type Ceilings,
  type Definition,
  type Json,
  type PolicyDefinition,
} from '@fermata/contracts';
import { checking, contentDigest, definitionHash, type Problem } from '@fermata/core';
import type { LogPort } from '@fermata/log';
import {
  inPieces,
  keepContent,
  keepOnce,
  refuseOther,
  type VersionedContent,
} from '@fermata/service';
import { newestVersion } from './newest-version';

/** A workflow that can be started. */
export interface Deployment {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
}

/** Name under which the hash of a tenant's workflow stands. */
export function nameOfDeployment(
  tenant: string,
  { name, version }: Pick<Deployment, 'name' | 'version'>,
): string {
  return `definition/${tenant}/${name}@${version}`;
}

/** A workflow that was deployed, and what its author may not have meant. */
export interface Deployed extends Deployment {
  readonly warnings: readonly Pick<Problem, 'code' | 'message' | 'path'>[];
}

/**
 * Stores a definition under its hash and its name. A version that was deployed never changes, of
 * its workflow, of its policy and of its agents alike; `replace` is for development, where a
 * running run keeps the hash it began with. Who may bring what is the caller's to ask.
 */
export async function deploy(
  log: LogPort,
  tenant: string,
  definition: Definition,
  replace = false,
  ceilings: Ceilings = CEILINGS,
): Promise<Deployed> {
  const above = whyAbove(definition, ceilings);
  if (above !== null) throw new Fault('LIMIT_EXCEEDED', above);
  const { graph, problems } = await inPieces(tenant, checking(definition));
  if (graph === null) {
    const first = problems.find(({ severity }) => severity === 'error');
    const place = first?.path.join('.') ?? '';
    throw new Fault(first?.code ?? 'DEFINITION_INVALID', `${place}: ${first?.message ?? ''}`);
  }
  const { name, version } = definition.workflow;
  const hash = definitionHash(definition);
  const stored = nameOfDeployment(tenant, { name, version });
  const kept = { name: stored, value: hash, what: `${name}@${version}` };
  await refuseTooMany(log, tenant, stored);
  if (!replace) await refuseOther(log, kept);
  await keepContent(log, contentOfPart('policy', tenant, definition.policy), replace);
  for (const agent of definition.agents) {
    await keepContent(log, contentOfPart(`${agent.kind}-agent`, tenant, agent), replace);
  }
  await log.putLatest(nameOfDefinition(hash), canonicalJson(definition as unknown as Json));
  await keepOnce(log, kept, replace);
  return { name, version, hash, warnings: problems.map(asWarning) };
}

/** A problem as the answer to a deployment tells it. */
export function asWarning({ code, message, path }: Problem): Deployed['warnings'][number] {
  return { code, message, path };
}

/** What is deployed is kept, and listed whenever a version is looked for. */
async function refuseTooMany(log: LogPort, tenant: string, stored: string): Promise<void> {
  const all = await log.listLatest(`definition/${tenant}/`);
  if (all.size < LIMITS.definitionsPerTenantMax || all.has(stored)) return;
  const most = `${LIMITS.definitionsPerTenantMax} versions of workflows (definitionsPerTenantMax)`;
  const found = `expected at most ${most} of tenant ${tenant}, found as many`;
  throw new Fault('LIMIT_EXCEEDED', `${found}; deploy changes to fewer versions`);
}

function contentOfPart(
  kind: VersionedContent['kind'],
  tenant: string,
  part: PolicyDefinition | AgentDefinition,
): VersionedContent {
  return { kind, tenant, definition: part, digest: contentDigest(part) };
}

/** All workflows of a tenant, by name and version. */
export async function deployments(log: LogPort, tenant: string): Promise<Deployment[]> {
  const prefix = `definition/${tenant}/`;
  const found = await log.listLatest(prefix);
  return [...found].map(([key, hash]) => {
    const [name = '', version = ''] = key.slice(prefix.length).split('@');
    return { name, version, hash };
  });
}

/** The workflow that `name@version` names, or the newest version of `name`. */
export async function findDeployment(
  log: LogPort,
  tenant: string,
  reference: string,
): Promise<Deployment> {
  const [name = '', version] = reference.split('@');
  if (version !== undefined) {
    const hash = await log.getLatest(nameOfDeployment(tenant, { name, version }));
    if (hash !== null) return { name, version, hash };
  }
  const all = (await deployments(log, tenant)).filter((one) => one.name === name);
  const wanted = version ?? newestVersion(all.map((one) => one.version));
  const found = all.find((one) => one.version === wanted);
  if (found !== undefined) return found;
  const known = all.map((one) => `${one.name}@${one.version}`).join(', ') || 'no version of it';
  const message = `expected a deployed workflow, found "${reference}"; there is ${known}`;
  throw new Fault('NOT_FOUND', `${message}; deploy it first`);
}
