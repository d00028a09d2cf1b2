import { contentName, Fault, type ContentKind } from '@fermata/contracts';
import type { LogPort } from '@fermata/log';

/** A version of a policy or of an agent, with the digest of its content. */
export interface VersionedContent {
  readonly kind: ContentKind;
  readonly tenant: string;
  readonly definition: { readonly name: string; readonly version: string };
  readonly digest: string;
}

/** The digest of the content that a version has, or null while nobody brought it. */
export function contentOf(
  log: LogPort,
  { kind, tenant, definition }: Omit<VersionedContent, 'digest'>,
): Promise<string | null> {
  return log.getLatest(contentName(kind, tenant, definition));
}

/**
 * Gives a version its content, for good: who brings the same again changes nothing, who brings
 * another is refused, also at the same moment. `replace` is for development.
 */
export async function keepContent(
  log: LogPort,
  content: VersionedContent,
  replace = false,
): Promise<void> {
  const { kind, tenant, definition, digest } = content;
  const name = contentName(kind, tenant, definition);
  const what = `the ${kind.replace('-', ' ')} ${definition.name}@${definition.version}`;
  await keepOnce(log, { name, value: digest, what }, replace);
}

/** A value that a name gets once, and what it is to people. */
export interface KeptOnce {
  readonly name: string;
  readonly value: string;
  readonly what: string;
}

/** DEFINITION_CONFLICT when a name has another value already. */
export async function refuseOther(log: LogPort, { name, value, what }: KeptOnce): Promise<void> {
  const known = await log.getLatest(name);
  if (known === null || known === value) return;
  const found = `expected ${what} to be what was deployed, found other content`;
  throw new Fault('DEFINITION_CONFLICT', `${found}; give it a new version`);
}

/** Gives a name its one value; DEFINITION_CONFLICT when it has another. */
export async function keepOnce(log: LogPort, kept: KeptOnce, replace = false): Promise<void> {
  const { name, value } = kept;
  const known = await log.getLatest(name);
  if (known === value) return;
  if (replace) return log.putLatest(name, value);
  if (known === null && (await log.putLatestIf(name, value, null))) return;
  // Somebody else brought it first, perhaps at this moment: the same content, or another.
  await refuseOther(log, kept);
}
