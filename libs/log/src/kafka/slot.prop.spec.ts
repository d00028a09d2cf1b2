import fc from 'fast-check';
import type { StoredRecord } from '../port';
import { Slot } from './slot';

const recordAt = (offset: number): StoredRecord => ({
  key: 'k',
  headers: {},
  value: 'v',
  partition: 0,
  offset,
});
const turn = () => new Promise<void>((done) => setImmediate(done));

describe('a slot, read ahead', () => {
  it('has given all before its next when a read ends, and ends empty only if it moved', async () => {
    const offsets = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 });
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 10 });
    const order = fc.array(fc.constantFrom('fetch', 'fetch', 'look', 'turn'), {
      minLength: 1,
      maxLength: 80,
    });
    await fc.assert(
      fc.asyncProperty(
        offsets,
        sizes,
        order,
        fc.integer({ min: 1, max: 7 }),
        async (isRecord, cut, steps, max) => {
          const slot = new Slot(
            0,
            0,
            () => undefined,
            () => undefined,
          );
          const given = new Set<number>();
          let readTo = 0;
          let result: readonly StoredRecord[] | null = null;
          const ask = () => {
            result = null;
            void slot.read(max, slot.next + 1).then((records) => (result = records));
          };
          ask();
          let fetches = 0;
          for (let at = 0; at < 400; at += 1) {
            const step =
              at < steps.length ? steps[at] : (['fetch', 'turn', 'look'] as const)[at % 3];
            if (step === 'turn') await turn();
            if (step === 'fetch' && slot.wantsMore && slot.fetched < isRecord.length) {
              const size = cut[(fetches += 1) % cut.length] ?? 1;
              const next = Math.min(isRecord.length, slot.fetched + size);
              const records: StoredRecord[] = [];
              for (let o = slot.fetched; o < next; o += 1)
                if (isRecord[o]) records.push(recordAt(o));
              slot.add({ records, next, failure: null });
            }
            const got = result as readonly StoredRecord[] | null;
            if (step !== 'look' || got === null) continue;
            for (const { offset } of got) given.add(offset);
            const { next } = slot;
            expect(next).toBeGreaterThan(readTo);
            readTo = next;
            for (let o = 0; o < readTo; o += 1) expect(given.has(o)).toBe(isRecord[o]);
            for (const o of given) expect(o).toBeLessThan(readTo);
            ask();
          }
          expect(readTo).toBe(isRecord.length);
          slot.close();
        },
      ),
      { numRuns: 400 },
    );
  }, 60_000);
});
