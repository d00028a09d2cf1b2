import type { Event } from '@fermata/contracts';
import { Caution } from './caution';

const envelope = { id: 'x', tenant: null, run: 'partition/0', sequence: 0, at: 0 };
const who = { causationId: 'x', correlationId: 'x', actor: 'x' };
const claim = (survived?: number): Event => ({
  ...envelope,
  ...who,
  type: 'PartitionClaimed',
  data: { owner: 'x', nonce: 'x', partitions: 1, ...(survived === undefined ? {} : { survived }) },
});
const advanced = (deciding?: number): Event => ({
  ...envelope,
  ...who,
  type: 'PositionAdvanced',
  data: deciding === undefined ? {} : { deciding },
});

/** A fold of claims (null position) and of records at a position. */
function folded(...notes: readonly (readonly [Event, number | null])[]): Caution {
  const caution = new Caution(0);
  for (const [event, position] of notes) caution.note(event, position);
  return caution;
}

const ownerEndsAt = (offset: number, position = offset) =>
  [
    [advanced(offset), position],
    [claim(), null],
  ] as const;

describe('what the log tells of owners that ended', () => {
  it('raises caution after three claims without the position moving', () => {
    expect(folded([claim(), null], [claim(), null]).isRaised).toBe(false);
    expect(folded([claim(), null], [claim(), null], [claim(), null]).isRaised).toBe(true);
    const moved = [
      [claim(), null],
      [claim(), null],
      [advanced(), 1],
      [claim(), null],
    ] as const;
    expect(folded(...moved).isRaised).toBe(false);
  });

  it('blames no command for claims alone, however many', () => {
    const claims = Array.from({ length: 100 }, () => [claim(), null] as const);
    expect(folded(...claims).careFor(0)).toEqual({ kind: 'decide' });
  });

  it('makes a dead letter of a command at which two owners in a row ended, unread after three', () => {
    const once = folded(...ownerEndsAt(7));
    expect(once.isRaised).toBe(true);
    expect(once.careFor(7)).toEqual({ kind: 'decide' });
    const twice = folded(...ownerEndsAt(7), ...ownerEndsAt(7));
    expect(twice.careFor(7)).toEqual({ kind: 'dead-letter', owners: 2, unread: false });
    expect(twice.careFor(8)).toEqual({ kind: 'decide' });
    const again = folded(...ownerEndsAt(7), ...ownerEndsAt(7), ...ownerEndsAt(7));
    expect(again.careFor(7)).toEqual({ kind: 'dead-letter', owners: 3, unread: true });
  });

  it('clears a command that was decided, or that a claimant has lived through', () => {
    const decided = folded(...ownerEndsAt(7), [advanced(7), 7], [advanced(), 8], [claim(), null]);
    expect(decided.isRaised).toBe(false);
    const lived = folded(...ownerEndsAt(7), [advanced(7), 7], [claim(7), null]);
    expect(lived.careFor(7)).toEqual({ kind: 'decide' });
    expect(lived.isRaised).toBe(false);
  });
});
