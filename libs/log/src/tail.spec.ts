import type { StoredRecord } from './port';
import { Tail } from './tail';

const record = (offset: number, value: string): StoredRecord => ({
  partition: 0,
  offset,
  key: 'acme/r1',
  headers: {},
  value,
});
const offsetsOf = (records: readonly StoredRecord[] | null) => records?.map(({ offset }) => offset);

describe('the end of a partition that stays at hand', () => {
  it('is bounded by the size of its records, not by their number alone', () => {
    const tail = new Tail(0);
    const large = 'x'.repeat(800_000);
    for (let offset = 0; offset < 10; offset += 1) tail.add([record(offset, large)]);
    expect(tail.from(7, 100)).toBeNull();
    expect(offsetsOf(tail.from(8, 100))).toEqual([8, 9]);
    expect(tail.next).toBe(10);
  });

  it('keeps the newest of what is added at once, and none that is too large by itself', () => {
    const tail = new Tail(0);
    const large = 'x'.repeat(800_000);
    tail.add([0, 1, 2, 3].map((offset) => record(offset, large)));
    expect(offsetsOf(tail.from(2, 100))).toEqual([2, 3]);
    tail.add([record(4, 'x'.repeat(3_000_000))]);
    expect(tail.from(4, 100)).toBeNull();
    tail.add([record(5, 'small')]);
    expect(offsetsOf(tail.from(5, 100))).toEqual([5]);
  });

  it('has many small records, and forgets the size of those it let go', () => {
    const tail = new Tail(0);
    for (let offset = 0; offset < 20_000; offset += 1) tail.add([record(offset, '{}')]);
    expect(tail.from(19_000, 2_000)).toHaveLength(1_000);
    tail.reaches(30_000);
    expect(tail.from(29_999, 1)).toBeNull();
    tail.add(Array.from({ length: 1_000 }, (_, at) => record(30_000 + at, '{}')));
    expect(tail.from(30_000, 2_000)).toHaveLength(1_000);
  });
});
