import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOfToken, newToken, readKeys, TokenDirectory, type Identity } from '@fermata/service';

/** Development keys, by the hand that holds them. */
export type LocalKeys = Readonly<Record<'requester' | 'approver' | 'operator', string>>;

const TENANT = 'local';
const IDENTITIES: Readonly<Record<keyof LocalKeys, Identity>> = {
  requester: {
    tenant: TENANT,
    principal: 'user:applicant-desk',
    groups: [],
    roles: ['requester', 'author', 'policy-owner'],
  },
  approver: {
    tenant: TENANT,
    principal: 'user:underwriter',
    groups: ['underwriters', 'senior-underwriters', 'operators'],
    roles: ['approver'],
  },
  operator: {
    tenant: TENANT,
    principal: 'user:operator',
    groups: ['operators'],
    roles: ['requester', 'approver', 'operator', 'author', 'policy-owner', 'installation-operator'],
  },
};

/** The tenant that local keys belong to. */
export const LOCAL_TENANT = TENANT;

/**
 * Reads the local keys of a folder, or makes them at the first start. The directory knows them and
 * the people of a file of keys, if one is given; `file` holds them all, for other processes.
 */
export function localKeys(
  folder: string,
  keysFile?: string,
): { keys: LocalKeys; directory: TokenDirectory; file: string } {
  const path = join(folder, 'keys.json');
  if (!existsSync(path)) {
    const made = { requester: newToken(), approver: newToken(), operator: newToken() };
    writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  }
  const keys = JSON.parse(readFileSync(path, 'utf8')) as LocalKeys;
  const hands = Object.keys(IDENTITIES) as (keyof LocalKeys)[];
  const entries = hands.map((hand) => [hashOfToken(keys[hand]), IDENTITIES[hand]] as const);
  const others = keysFile === undefined ? {} : readKeys(keysFile);
  const people = { ...others, ...Object.fromEntries(entries) };
  const file = join(folder, 'people.json');
  writeFileSync(file, `${JSON.stringify(people, null, 2)}\n`, { mode: 0o600 });
  return { keys, directory: new TokenDirectory(people), file };
}
