import {
  emptyPartition,
  entriesOfState,
  entriesTouched,
  lineOf,
  nothingTouched,
  restoredAt,
  restoreLine,
  touch,
} from '@fermata/core';
import { acceptedOf, foldAll, foldedFrom, goldenLogs, portOf, stateOf } from './golden-logs';

const LOGS = goldenLogs().map((golden) => [golden.name, golden] as const);
const STORIES = ['doubt', 'escalation', 'fan-out', 'hold', 'loan', 'quarantine', 'takeover'];
/** How many records lie between two cuts, at most: each cut is a restore of its own. */
const CUTS = 12;

describe('a log that a release has written', () => {
  it('is there for each story, on each kind of log', () => {
    const expected = ['kafka', 'postgres'].flatMap((adapter) =>
      STORIES.map((story) => `0.1.0/${adapter}/${story}`),
    );
    expect(LOGS.map(([name]) => name)).toEqual(expect.arrayContaining(expected));
  });

  it.each(LOGS)('folds to the state that it had then: %s', async (_, golden) => {
    const found = await foldedFrom(portOf(golden), golden.state.keyWindowMs);
    expect(found.described).toEqual(golden.state.described);
    expect(found.hash).toBe(golden.state.hash);
  });

  it.each(LOGS)('folds to the same from what was written at a cut: %s', async (_, golden) => {
    const { keyWindowMs, hash } = golden.state;
    const { events, folded } = await acceptedOf(portOf(golden));
    const every = Math.ceil(events.length / CUTS);
    for (let cut = 0; cut <= events.length; cut += every) {
      // Everything as it was at half of the way, and what was touched since.
      const half = Math.floor(cut / 2);
      const live = foldAll(emptyPartition(keyWindowMs), events.slice(0, half));
      const lines = [...entriesOfState(live)].map(lineOf);
      const touched = nothingTouched();
      for (const event of events.slice(half, cut)) {
        foldAll(live, [event]);
        touch(touched, event);
      }
      lines.push(...[...entriesTouched(live, touched)].map(lineOf));
      const restored = emptyPartition(keyWindowMs);
      for (const line of lines) restoreLine(restored, line);
      restoredAt(restored, live.at);
      expect([cut, stateOf(restored, folded)]).toEqual([cut, stateOf(live, folded)]);
      const whole = stateOf(foldAll(restored, events.slice(cut)), folded);
      expect([cut, whole.hash]).toEqual([cut, hash]);
    }
  });

  it.each(LOGS)('gives another state when one event of a run is missed: %s', async (_, golden) => {
    const { events, folded } = await acceptedOf(portOf(golden));
    const last = events.findLastIndex(({ sequence }) => sequence > 0);
    const fewer = events.filter((_event, index) => index !== last);
    const { keyWindowMs, hash } = golden.state;
    expect(stateOf(foldAll(emptyPartition(keyWindowMs), fewer), folded).hash).not.toBe(hash);
  });
});
