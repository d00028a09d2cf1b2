import { z } from 'zod';
import { LIMITS } from '../limits';

/**
 * Where a page of a list begins: the `next` of the page before it. What it holds is our own
 * business, and may change in any release: it is handed back as it came.
 */
export const pageCursor = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,600}$/, 'expected the `next` of a page')
  .describe('The `next` of the page before; without it the first page');

/** A whole number in a query. */
export function countParameter(min: number, max: number) {
  return z.coerce.number().int().min(min).max(max);
}

/** What every list may be asked: where its page begins, and how many rows it may have. */
export function pageQuery(rows: number) {
  return {
    cursor: pageCursor.optional(),
    limit: countParameter(1, LIMITS.pageRowsMax)
      .default(rows)
      .describe('Rows at most; a page may have fewer, as it ends by bytes too'),
  };
}

/** A page of a list: its rows, and where the next one begins; null at the list's end. */
export function pageOf<N extends string, T extends z.ZodType>(name: N, row: T) {
  const next = pageCursor
    .nullable()
    .describe('Cursor of the next page; null when this is the last');
  return z.object({ [name]: z.array(row), next } as Record<N, z.ZodArray<T>> & {
    next: typeof next;
  });
}

/** A moment as an answer shows it. */
export const moment = z.string().meta({ format: 'date-time' });

/** Any JSON value in an answer. */
export const jsonValue = z.unknown();
