import { emptyPartition } from '@fermata/core';
import { acceptedOf, foldAll, goldenLogs, portOf, stateOf } from '@fermata/testing';
import { findRestorePoint } from './find-restore-point';
import { prefixOfRoots } from './restore-point';

const LOGS = goldenLogs().map((golden) => [golden.name, golden] as const);

describe('a restore point that a release has written', () => {
  it.each(LOGS)('is read to the state of its place, or not at all: %s', async (_, golden) => {
    const { keyWindowMs, hash } = golden.state;
    const log = portOf(golden);
    const whole = await acceptedOf(log);
    expect((await log.listLatest(prefixOfRoots(0))).size).toBeGreaterThan(0);
    const found = await findRestorePoint(log, 0, keyWindowMs);
    if (found === null) {
      const folded = foldAll(emptyPartition(keyWindowMs), whole.events);
      expect(stateOf(folded, whole.folded).hash).toBe(hash);
      return;
    }
    const tail = await acceptedOf(log, found.folded);
    const before = whole.events.slice(0, whole.events.length - tail.events.length);
    const folded = foldAll(emptyPartition(keyWindowMs), before);
    expect(stateOf(found.state, found.folded)).toEqual(stateOf(folded, found.folded));
    expect(stateOf(foldAll(found.state, tail.events), tail.folded).hash).toBe(hash);
  });

  it.each(LOGS)('is not read when a byte of a piece is another: %s', async (_, golden) => {
    const { roots, pieces } = golden.restorePoints;
    const torn = Object.entries(pieces).map(([place, text]) => [place, text.replace('a', 'b')]);
    const restorePoints = { roots, pieces: Object.fromEntries(torn) as Record<string, string> };
    const log = portOf({ ...golden, restorePoints });
    expect(await findRestorePoint(log, 0, golden.state.keyWindowMs)).toBeNull();
  });
});
