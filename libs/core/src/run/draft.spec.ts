import { pathOf, runEventOf, type EventData } from '@fermata/contracts';
import { causeOf } from './cause';
import { draftOf, emit } from './draft';
import { evolve } from './evolve';
import type { RunState } from './state';

const subject = { id: 'c', tenant: 'acme', run: 'r', correlationId: 'c', actor: 'user:asha' };
const CAUSE = causeOf(5, subject, 'd'.repeat(64));
const POLICY = { name: 'p', version: '1.0.0' };

function startedRun(): RunState {
  const envelope = { ...causeOf(1, subject), id: 'r#1', tenant: 'acme', run: 'r', sequence: 1 };
  const workflow = { name: 'w', version: '1.0.0', hash: 'a'.repeat(64) };
  const data = { workflow, policy: POLICY, input: {}, requester: 'user:asha', deadlineAt: null };
  const run = evolve(undefined, runEventOf('RunStarted', envelope, data));
  if (run === undefined) throw new Error('expected a run that has started');
  return run;
}

const scheduled = (attempt: number): EventData<'AttemptScheduled'> => ({
  step: pathOf('s'),
  attempt,
  agent: { name: 'a', version: '1.0.0' },
  capability: 'do',
  risk: 'read',
  definition: 'a'.repeat(64),
  policy: POLICY,
  input: {},
  deadlineAt: 100,
  leaseMs: 10,
  idempotencyKey: 'b'.repeat(64),
});

describe('what happens to a run', () => {
  it('is numbered densely, and its first event alone answers the command', () => {
    const draft = draftOf(startedRun(), CAUSE);
    emit(draft, 'RunPaused', { reason: '' });
    emit(draft, 'RunQuarantined', { code: 'RUN_QUARANTINED', message: '' });
    expect(draft.events.map(({ id, sequence }) => [id, sequence])).toEqual([
      ['r#2', 2],
      ['r#3', 3],
    ]);
    expect(draft.events.map((event) => 'commandDigest' in event)).toEqual([true, false]);
    expect([draft.run.status, draft.run.sequence]).toEqual(['quarantined', 3]);
  });

  it('never forgets an open attempt for another one: that is a defect', () => {
    const draft = draftOf(startedRun(), CAUSE);
    emit(draft, 'AttemptScheduled', scheduled(1));
    const again = () => emit(draft, 'AttemptScheduled', scheduled(2));
    expect(again).toThrow('has one attempt or gate at a time');
    const queued = () => emit(draft, 'StepQueued', { step: pathOf('s'), openAttemptsMax: 1 });
    expect(queued).toThrow('has one attempt or gate at a time');
    expect(draft.events).toHaveLength(1);
  });
});
