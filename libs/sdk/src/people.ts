import { readFileSync } from 'node:fs';
import { Fault, keyFile, readJson, readUtf8, withoutBom } from '@fermata/contracts';
import { z } from 'zod';

/** Groups of any tenant in which somebody is, by a file of keys; CONFIG_INVALID if it is none. */
export function groupsIn(path: string): ReadonlySet<string> {
  let content: unknown;
  try {
    content = readJson(withoutBom(readUtf8(readFileSync(path), 'a file')));
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const found = `expected a file of keys in JSON at ${path}, found: ${said}`;
    throw new Fault('CONFIG_INVALID', `${found}; correct the path or the file`, false, { cause });
  }
  const parsed = keyFile.safeParse(content);
  if (parsed.success) return new Set(Object.values(parsed.data).flatMap(({ groups }) => groups));
  const found = `expected a file of keys at ${path}, found: ${z.prettifyError(parsed.error)}`;
  throw new Fault('CONFIG_INVALID', `${found}; see docs/how-to/keys.md`);
}
