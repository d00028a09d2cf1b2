import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  Fault,
  foldedPrincipal,
  keyFile,
  readJson,
  readUtf8,
  withoutBom,
  type Identity,
} from '@fermata/contracts';
import { z } from 'zod';

export { identity, keyFile, role, type Identity } from '@fermata/contracts';

/** Reads a file of keys. */
export function readKeys(path: string): z.infer<typeof keyFile> {
  let content: unknown;
  try {
    content = readJson(withoutBom(readUtf8(readFileSync(path), 'a file')));
  } catch (cause) {
    const found = `expected a file of keys in JSON at ${path}, found: ${String(cause)}`;
    throw new Fault('CONFIG_INVALID', `${found}; correct the path or the file`, false, { cause });
  }
  const parsed = keyFile.safeParse(content);
  if (parsed.success) return parsed.data;
  const found = `expected a file of keys at ${path}, found: ${z.prettifyError(parsed.error)}`;
  throw new Fault('CONFIG_INVALID', `${found}; see docs/how-to/keys.md`);
}

/** SHA-256 of a token, in hex: tokens themselves are never stored by a service. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** A new token, with 256 bits of chance. */
export function newToken(): string {
  return `fmt_${randomBytes(32).toString('base64url')}`;
}

/** Knows tokens by their hashes. */
export class TokenDirectory {
  private readonly identities: ReadonlyMap<string, Identity>;

  constructor(keys: z.infer<typeof keyFile>) {
    refuseAlike(Object.values(keys));
    this.identities = new Map(Object.entries(keys));
  }

  /** Groups of a tenant in which somebody is. */
  groupsOf(tenant: string): ReadonlySet<string> {
    const people = [...this.identities.values()].filter((one) => one.tenant === tenant);
    return new Set(people.flatMap(({ groups }) => groups));
  }

  /** Whom an `Authorization` header stands for; TOKEN_INVALID without a known token. */
  identify(authorization: string | undefined): Identity {
    const [scheme, token = ''] = (authorization ?? '').split(' ');
    // Looked up by hash: how long it takes tells nothing of any stored token.
    const known = this.identities.get(hashOfToken(token));
    if (scheme === 'Bearer' && token !== '' && known !== undefined) return known;
    const found = token === '' ? 'none' : 'one that is not known';
    const message = `expected a bearer token in the Authorization header, found ${found}`;
    throw new Fault('TOKEN_INVALID', `${message}; ask your operator for a key`);
  }
}

/** Two names that are read as one would let a person decide on what they asked for themselves. */
function refuseAlike(identities: readonly Identity[]): void {
  const seen = new Map<string, string>();
  for (const { tenant, principal: one } of identities) {
    const folded = `${tenant}/${foldedPrincipal(one)}`;
    const other = seen.get(folded) ?? one;
    if (other !== one) {
      const found = `expected principals of ${tenant} that differ by more than case, found ${other} and ${one}`;
      throw new Fault('CONFIG_INVALID', `${found}; name one person in one way`);
    }
    seen.set(folded, one);
  }
}
