import { EVENTS } from './events';
import {
  END_STATUSES,
  endsRun,
  isEndStatus,
  isEndType,
  RUN_STATUSES,
  runStatus,
  STATUS_AFTER,
  statusAfter,
} from './run-status';

describe('the status of a run', () => {
  it('comes to each end by one event, and that event ends the run', () => {
    const ends = Object.keys(EVENTS).filter(isEndType);
    expect(ends).toEqual([
      'RunCompleted',
      'RunFailed',
      'RunRejected',
      'RunTimedOut',
      'RunCancelled',
    ]);
    expect(ends.map(statusAfter)).toEqual([...END_STATUSES]);
  });

  it('is brought about by events of the run alone', () => {
    const moving = Object.keys(EVENTS).filter((type) => statusAfter(type) !== null);
    expect(moving).toEqual(Object.keys(EVENTS).filter((type) => type.startsWith('Run')));
    expect(new Set(Object.values(STATUS_AFTER))).toEqual(new Set(RUN_STATUSES));
  });

  it('is one of those that are known, and only the last five are ends', () => {
    expect(RUN_STATUSES.map(isEndStatus)).toEqual([
      ...[false, false, false],
      ...[true, true, true, true, true],
    ]);
    expect(isEndStatus('constructor')).toBe(false);
    expect(runStatus.safeParse('timed-out').success).toBe(true);
    expect(runStatus.safeParse('held').success).toBe(false);
  });

  it('stays as it is after names that no event has', () => {
    for (const type of ['constructor', 'RunSomething', '']) {
      expect([statusAfter(type), isEndType(type)]).toEqual([null, false]);
    }
    expect(endsRun({ type: 'StepFailed' })).toBe(false);
  });
});
