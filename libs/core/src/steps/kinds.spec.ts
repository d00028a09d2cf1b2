import type { Held, StepState } from './kind';
import { UNTOUCHED } from './kind';
import { dueOf, resumedHold } from './kinds';
import { afterAgentEvents } from './agent';
import { afterGateEvents } from './gate';

const ATTEMPT: Held = { kind: 'attempt', number: 1, deadlineAt: 90, claim: null, intent: null };
const GATE: Held = {
  kind: 'gate',
  id: 'r/s/gate-1',
  cause: 'review',
  groups: ['risk'],
  shown: {},
  dueAt: 50,
  onDue: 'reject',
  doubt: null,
};
const RETRY: Held = { kind: 'retry', at: 30 };
const TURN: Held = { kind: 'turn', since: 10 };

const holding = (held: Held): StepState => ({ ...UNTOUCHED, held });

describe('what a step waits for', () => {
  it.each([
    ['an attempt, which goes on while its run is paused', ATTEMPT, 90, 90],
    ['a gate, which stands still with its run', GATE, 50, null],
    ['a try, which stands still with its run', RETRY, 30, null],
    ['a turn, which no moment brings', TURN, null, null],
  ])('is looked at again in time: %s', (_, held, running, paused) => {
    expect([dueOf(held, false), dueOf(held, true)]).toEqual([running, paused]);
  });

  it('moves by the time its run was held, unless it never stopped', () => {
    const moved = [ATTEMPT, GATE, RETRY, TURN].map((held) => resumedHold(held, 7));
    expect(moved).toEqual([ATTEMPT, { ...GATE, dueAt: 57 }, { ...RETRY, at: 37 }, TURN]);
    // The same thing, so that a resumed run copies nothing that stays.
    expect([moved[0] === ATTEMPT, moved[3] === TURN]).toEqual([true, true]);
  });

  it('is one thing at a time: what is due of an attempt is told by its intent, claim or deadline', () => {
    const claim = { runner: 'r-1', leaseUntil: 20 };
    const intent = { key: 'k', digest: 'd', settleBy: 40 };
    expect(dueOf({ ...ATTEMPT, claim }, false)).toBe(20);
    expect(dueOf({ ...ATTEMPT, claim, intent }, false)).toBe(40);
  });

  it('is left alone by an event of something else that comes late', () => {
    const late = { step: 's', gate: 'r/s/gate-1', reason: '' };
    const event = { type: 'GateWithdrawn', data: late } as Parameters<
      typeof afterGateEvents.GateWithdrawn
    >[1];
    expect(afterGateEvents.GateWithdrawn(holding(RETRY), event).held).toBe(RETRY);
    expect(afterGateEvents.GateWithdrawn(holding(GATE), event).held).toBeNull();
    const claim = { type: 'AttemptClaimed', data: { attempt: 1 } } as Parameters<
      typeof afterAgentEvents.AttemptClaimed
    >[1];
    expect(afterAgentEvents.AttemptClaimed(holding(GATE), claim).held).toBe(GATE);
  });
});
