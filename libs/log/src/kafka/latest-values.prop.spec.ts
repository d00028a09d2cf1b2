import fc from 'fast-check';
import { LatestValues, type ValueRecord } from './latest-values';

const NAME = 'workflow';

/** One writer: how stale its view is when it writes, and when it lets go of what is superseded. */
const writer = fc.record({
  behind: fc.nat(3),
  tidiesAfter: fc.option(fc.nat(4), { nil: null }),
});

function foldAll(records: readonly ValueRecord[]): LatestValues {
  const values = new LatestValues();
  for (const record of records) values.fold(record);
  return values;
}

const without = (key: string): ValueRecord => ({ key, headers: {}, value: '' });

/** A topic as writers left it: claims of stale and of fresh writers, some of whom died. */
function topicOf(writers: readonly { behind: number; tidiesAfter: number | null }[]) {
  const topic: ValueRecord[] = [{ key: NAME, headers: {}, value: 'first' }];
  const tidying: { at: number; claim: ValueRecord }[] = [];
  const counted: ValueRecord[] = [];
  const tidy = (step: number) => {
    for (const { claim } of tidying.filter(({ at }) => at === step)) {
      const values = foldAll(topic);
      const dropped = counted.includes(claim) ? values.superseded(NAME, claim.key) : [claim.key];
      // A writer tidies what it had read when its claim came back: no later claim.
      const readTo = topic.indexOf(claim);
      const seen = new Set(topic.slice(0, readTo + 1).map(({ key }) => key));
      topic.push(...dropped.filter((key) => seen.has(key)).map(without));
    }
  };
  for (const [step, { behind, tidiesAfter }] of writers.entries()) {
    const view = foldAll(topic.slice(0, Math.max(1, topic.length - behind)));
    const claim = view.claimOf(NAME, `by ${step}`, view.get(NAME), String(step));
    const live = foldAll(topic);
    topic.push(claim);
    if (live.fold(claim)) counted.push(claim);
    if (tidiesAfter !== null) tidying.push({ at: step + tidiesAfter, claim });
    tidy(step);
  }
  for (let step = writers.length; step < writers.length + 5; step++) tidy(step);
  return topic;
}

/** What a broker may leave: of each key only the last of what stands before the cut. */
function compacted(topic: readonly ValueRecord[], cut: number, dropsTombstones: boolean) {
  return topic.filter((record, at) => {
    if (at >= cut) return true;
    const isLast = !topic.slice(at + 1, cut).some(({ key }) => key === record.key);
    return isLast && !(dropsTombstones && record.value === '');
  });
}

describe('newest values', () => {
  it('are the same for every reader, whatever was compacted before it began', () => {
    fc.assert(
      fc.property(
        fc.array(writer, { maxLength: 12 }),
        fc.nat(40),
        fc.boolean(),
        (writers, cut, drops) => {
          const topic = topicOf(writers);
          const left = compacted(topic, cut, drops);
          const fresh = foldAll(left);
          const live = foldAll(topic);
          expect(fresh.get(NAME)).toBe(live.get(NAME));
          const next = live.claimOf(NAME, 'next', live.get(NAME), 'next');
          expect(live.fold(next)).toBe(true);
          expect(fresh.fold(next)).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('take one claim of those that were made on the same value', () => {
    const values = foldAll([{ key: NAME, headers: {}, value: 'a' }]);
    const claims = ['1', '2', '3'].map((nonce) => values.claimOf(NAME, nonce, 'a', nonce));
    expect(claims.map((claim) => values.fold(claim))).toEqual([true, false, false]);
    expect(values.get(NAME)).toBe('1');
  });

  it('take no claim on a value that was replaced meanwhile', () => {
    const values = foldAll([{ key: NAME, headers: {}, value: 'a' }]);
    const claim = values.claimOf(NAME, 'b', 'a', '1');
    values.fold({ key: NAME, headers: {}, value: 'c' });
    expect(values.fold(claim)).toBe(false);
    expect(values.get(NAME)).toBe('c');
  });
});
