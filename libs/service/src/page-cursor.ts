import { Fault } from '@fermata/contracts';
import type { z } from 'zod';

/** What the last row of a page is known by: the next page begins behind it. */
export type PageKey = readonly (string | number | null)[];

/** A cursor that names the last row of a page. */
export function cursorOf(key: PageKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** What a cursor names; undefined without one. Anybody may send anything as a cursor. */
export function keyIn<T>(cursor: string | undefined, key: z.ZodType<T>): T | undefined {
  if (cursor === undefined) return undefined;
  const parsed = key.safeParse(jsonIn(cursor));
  if (parsed.success) return parsed.data;
  const found = `expected as cursor the \`next\` of a page of this list, found "${cursor}"`;
  throw new Fault('COMMAND_MALFORMED', `${found}; begin with its first page`);
}

function jsonIn(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** The cursor of the page behind these rows; null when there is none. */
export function nextOf<Row>(
  { rows, hasMore }: { readonly rows: readonly Row[]; readonly hasMore: boolean },
  keyOf: (row: Row) => PageKey,
): string | null {
  const last = rows.at(-1);
  return last === undefined || !hasMore ? null : cursorOf(keyOf(last));
}
