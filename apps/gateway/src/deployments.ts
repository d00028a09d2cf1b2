import { canonicalJson, Fault, type Definition, type Json } from '@fermata/contracts';
import { compileDefinition, definitionHash } from '@fermata/core';
import type { LogPort } from '@fermata/log';

/** A workflow that can be started. */
export interface Deployment {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
}

const nameOf = (tenant: string, name: string, version: string) =>
  `definition/${tenant}/${name}@${version}`;

/**
 * Stores a definition under its hash and its name. A version that was deployed never changes;
 * `replace` is for development, where a running run keeps the hash it began with.
 */
export async function deploy(
  log: LogPort,
  tenant: string,
  definition: Definition,
  replace = false,
): Promise<Deployment> {
  const compiled = compileDefinition(definition);
  if (!compiled.ok) {
    const [first] = compiled.problems;
    const place = first?.path.join('.') ?? '';
    throw new Fault(first?.code ?? 'DEFINITION_INVALID', `${place}: ${first?.message ?? ''}`);
  }
  const { name, version } = definition.workflow;
  const hash = definitionHash(definition);
  const known = await log.getLatest(nameOf(tenant, name, version));
  if (known !== null && known !== hash && !replace) {
    const found = `expected ${name}@${version} to be what was deployed, found other content`;
    throw new Fault('DEFINITION_CONFLICT', `${found}; give it a new version`);
  }
  const text = canonicalJson(definition as unknown as Json);
  await log.putLatest(`definition-hash/${hash}`, text);
  if (known !== hash) await log.putLatest(nameOf(tenant, name, version), hash);
  return { name, version, hash };
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
  const [name, version] = reference.split('@');
  const all = (await deployments(log, tenant)).filter((one) => one.name === name);
  const found =
    version === undefined
      ? all.sort((a, b) => compareVersions(a.version, b.version)).at(-1)
      : all.find((one) => one.version === version);
  if (found !== undefined) return found;
  const known = all.map((one) => `${one.name}@${one.version}`).join(', ') || 'no version of it';
  const message = `expected a deployed workflow, found "${reference}"; there is ${known}`;
  throw new Fault('NOT_FOUND', `${message}; deploy it first`);
}

/** Orders versions by their numbers, as people read them. */
function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
