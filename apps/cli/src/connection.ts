import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '@fermata/contracts';

/** Whose key a command uses. */
export type Hand = 'requester' | 'approver' | 'operator';

/** Where the services are, and a key to them. */
export interface Connection {
  readonly url: string;
  /** Where the inbox is, if it is a process of its own. */
  readonly approvalsUrl?: string | undefined;
  readonly token: string;
}

interface Note {
  readonly url: string;
  readonly approvalsUrl?: string;
  readonly tokens: Readonly<Record<Hand, string>>;
}

/**
 * Finds the services: `FERMATA_URL` and `FERMATA_TOKEN`, or the note that `fermata dev` leaves in
 * `.fermata/connection.json` of this folder or one above it.
 */
export function findConnection(
  hand: Hand,
  env: Readonly<Record<string, string | undefined>>,
  from: string,
): Connection {
  const { FERMATA_URL: url, FERMATA_TOKEN: token, FERMATA_APPROVALS_URL: approvals } = env;
  if (url !== undefined && token !== undefined) return { url, token, approvalsUrl: approvals };
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, '.fermata', 'connection.json');
    if (existsSync(path)) {
      const note = JSON.parse(readFileSync(path, 'utf8')) as Note;
      // A key of these services must not be told to whatever another address names.
      if (url !== undefined && url !== note.url) break;
      const approvalsUrl = approvals ?? note.approvalsUrl;
      return { url: note.url, approvalsUrl, token: token ?? note.tokens[hand] };
    }
    if (dirname(folder) === folder) break;
  }
  if (url !== undefined) {
    const found = `expected a key for ${url} in FERMATA_TOKEN, found none`;
    throw new Fault('CONFIG_INVALID', `${found}; set it, or unset FERMATA_URL`);
  }
  const found = `expected running services, found no .fermata/connection.json from ${from} upward`;
  const remedy = 'start them with "fermata dev", or set FERMATA_URL and FERMATA_TOKEN';
  throw new Fault('CONFIG_INVALID', `${found}; ${remedy}`);
}
