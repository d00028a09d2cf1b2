import fc from 'fast-check';
import { FirstLetters } from './first-letters';
import type { DeadLetter } from './port';

const letter = (partition: number, offset: number, value = '{'): DeadLetter => ({
  topic: 'commands',
  partition,
  offset,
  code: 'JSON_MALFORMED',
  reason: 'x',
  record: { key: '', headers: {}, value },
});
const placeOf = ({ partition, offset }: DeadLetter) => [partition, offset] as const;

describe('dead letters, part by part', () => {
  it('are all given once and in order, in whatever order and how often they come', () => {
    const place = fc.tuple(fc.nat(3), fc.nat(20));
    fc.assert(
      fc.property(fc.array(place), fc.integer({ min: 1, max: 5 }), (places, max) => {
        const seen: string[] = [];
        for (let after: DeadLetter | undefined; ; ) {
          const first = new FirstLetters(undefined, { after, max });
          for (const [partition, offset] of places) first.add(letter(partition, offset));
          seen.push(...first.letters.map((one) => placeOf(one).join('/')));
          after = first.letters.at(-1);
          if (after === undefined) break;
        }
        const sorted = [...new Set(places.map(([p, o]) => p * 100 + o))].sort((a, b) => a - b);
        expect(seen).toEqual(sorted.map((n) => `${Math.floor(n / 100)}/${n % 100}`));
      }),
    );
  });

  it('that are large end a part by their size, and one is always given', () => {
    const first = new FirstLetters();
    for (let offset = 0; offset < 10; offset += 1) first.add(letter(0, offset, '"'.repeat(5e6)));
    expect(first.letters.map(({ offset }) => offset)).toEqual([0, 1, 2]);
    expect(first.isFull).toBe(true);
  });
});
