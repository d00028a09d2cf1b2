import { pageCursor } from '@fermata/contracts';
import fc from 'fast-check';
import { z } from 'zod';
import { cursorOf, keyIn, nextOf } from './page-cursor';

const KEY = z.tuple([z.int().min(0), z.string()]);

describe('the cursor of a page', () => {
  it('names the row that it was made of, and fits into a query as it is', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string({ maxLength: 100 }), (at, run) => {
        const cursor = cursorOf([at, run]);
        expect(keyIn(cursor, KEY)).toEqual([at, run]);
        expect(pageCursor.safeParse(cursor).success || run.length > 60).toBe(true);
      }),
    );
  });

  it('that is no such thing is refused with what to do, whatever it is', () => {
    const foreign = [cursorOf(['9'.repeat(30), 'x']), cursorOf([1e300, 'x']), cursorOf([1]), 'a'];
    for (const cursor of foreign) {
      expect(() => keyIn(cursor, KEY)).toThrow(/expected as cursor .* begin with its first page/);
    }
    fc.assert(
      fc.property(fc.string(), (cursor) => {
        expect(() => keyIn(cursor, z.tuple([z.literal('never')]))).toThrow(/first page/);
      }),
    );
  });

  it('is there only when there is more', () => {
    const rows = [{ id: 'a' }, { id: 'b' }];
    expect(nextOf({ rows, hasMore: false }, ({ id }) => [id])).toBeNull();
    expect(nextOf({ rows: [], hasMore: true }, () => [])).toBeNull();
    expect(nextOf({ rows, hasMore: true }, ({ id }) => [id])).toBe(cursorOf(['b']));
  });
});
