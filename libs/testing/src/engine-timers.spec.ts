import { LIMITS } from '@fermata/contracts';
import { fireDueTimers, openBatch } from '@fermata/core';
import { definitionOf, look } from './definitions';
import { Engine } from './engine';

const RUNS = 1_000;

describe('timers that were due while nobody owned the partition', () => {
  it('fire once each, in batches of a bounded size', () => {
    const definition = definitionOf({ a: look() });
    const engine = new Engine(definition);
    for (let run = 0; run < RUNS; run += 1) engine.start({}, { run: `run-${run}` });
    engine.at += 60_000;
    const fired: string[] = [];
    for (let more = true; more; ) {
      const loaded = { definition, graph: engine.graph };
      const batch = openBatch(0, engine.state, engine.at, () => loaded);
      more = fireDueTimers(batch);
      const failed = batch.events.filter(({ type }) => type === 'AttemptFailed');
      expect(failed.length).toBeLessThanOrEqual(LIMITS.timersPerBatchMax);
      fired.push(...failed.map(({ run }) => run));
      engine.take(batch.events);
    }
    expect(fired).toHaveLength(RUNS);
    expect(new Set(fired).size).toBe(RUNS);
  });
});
