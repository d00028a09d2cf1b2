import { fireDueTimers, InvariantBroken, openBatch, quarantine } from '@fermata/core';
import { definitionOf, look } from './definitions';
import { Engine, typesOf } from './engine';

/** Fires what is due while the rules of one run are broken, as a defect of ours would. */
function fireWithBroken(engine: Engine, broken: string) {
  const loaded = { definition: definitionOf({ a: look() }), graph: engine.graph };
  const batch = openBatch(0, engine.state, engine.at, () => loaded);
  fireDueTimers(batch, (subject, work) => {
    try {
      if (subject.run === broken) throw new InvariantBroken('expected whole numbers');
      work();
    } catch (error) {
      quarantine(batch, subject, String(error));
    }
  });
  return batch.events;
}

describe('a run that breaks an invariant', () => {
  it('is in quarantine when its timer fires, and the timers of others fire all the same', () => {
    const engine = new Engine(definitionOf({ a: look() }));
    for (const run of ['run-1', 'run-2', 'run-3']) engine.start({}, { run });
    engine.at += 60_000;
    const events = fireWithBroken(engine, 'run-2');
    expect(events.map(({ run, type }) => [run, type])).toEqual([
      ['run-1', 'AttemptFailed'],
      ['run-2', 'RunQuarantined'],
      ['run-3', 'AttemptFailed'],
    ]);
  });

  it('goes on when it is released, even if it was paused before', () => {
    const engine = new Engine(definitionOf({ a: look() }, { timeout: '1h' }));
    engine.start({});
    engine.send('PauseRun', { reason: '' });
    const batch = openBatch(0, engine.state, engine.at, () => undefined);
    quarantine(batch, engine.command('PauseRun', { reason: '' }), 'expected whole numbers');
    engine.take(batch.events);
    expect(engine.run().status).toBe('quarantined');
    const deadline = engine.run().deadlineAt ?? 0;
    engine.at += 10_000;
    const released = engine.send('ReleaseRun', { reason: 'repaired' });
    expect(typesOf(released)).toEqual(['RunReleased', 'RunResumed']);
    expect(engine.run()).toMatchObject({
      status: 'running',
      pausedAt: null,
      deadlineAt: deadline + 10_000,
    });
  });
});
