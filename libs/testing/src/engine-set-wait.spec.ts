import { checkDefinition } from '@fermata/core';
import { definitionOf, look } from './definitions';
import { Engine, typesOf } from './engine';

const HOUR_MS = 3_600_000;

function problemsOf(...given: Parameters<typeof definitionOf>) {
  return checkDefinition(definitionOf(...given)).problems;
}

describe('a set', () => {
  const steps = {
    total: { set: { sum: 'run.input.a + 1', by: 'run.requester' } },
    twice: { needs: ['total'], set: { sum: 'steps.total.output.sum * 2' } },
    read: look(['twice'], { input: { sum: 'steps.twice.output.sum' } }),
  };

  it('computes its output at once, asks no agent, and what needs it goes on', () => {
    const engine = new Engine(definitionOf(steps));
    const events = engine.start({ a: 3 });
    expect(typesOf(events).slice(1)).toEqual([
      'RunStarted',
      'StepCompleted',
      'StepCompleted',
      'AttemptScheduled',
    ]);
    expect(engine.of('StepCompleted')[0]?.data.output).toEqual({ sum: 4, by: 'user:asha' });
    expect(engine.of('AttemptScheduled')[0]?.data.input).toEqual({ sum: 8 });
  });

  it('may be the last step, and the whole run', () => {
    const engine = new Engine(definitionOf({ only: { set: { one: '1' } } }));
    expect(typesOf(engine.start({}))).toContain('RunCompleted');
    expect(engine.of('RunCompleted')[0]?.data.output).toEqual({ only: { one: 1 } });
  });

  it('is skipped by its condition, and fails the run when a field gives no value', () => {
    const skipping = new Engine(definitionOf({ a: { when: 'false', set: { one: '1' } } }));
    expect(typesOf(skipping.start({}))).toContain('StepSkipped');
    const failing = new Engine(definitionOf({ a: { set: { one: 'run.input.none' } } }));
    failing.start({});
    expect(failing.of('RunFailed')[0]?.data).toMatchObject({
      step: 'a',
      code: 'EXPRESSION_FAILED',
    });
  });

  it('stands thousands in a row without deep calls', () => {
    const names = Array.from({ length: 3_000 }, (_, at) => `s${at}`);
    const chain = names.map((id, at) => {
      const needs = at === 0 ? [] : [names[at - 1] ?? ''];
      return [id, { needs, set: { n: String(at) } }] as const;
    });
    const engine = new Engine(definitionOf(Object.fromEntries(chain)));
    expect(typesOf(engine.start({})).at(-1)).toBe('RunCompleted');
  });

  it('has fields that others may read, and no fields of other kinds', () => {
    const wrong = { ...steps, twice: { needs: ['total'], set: { sum: 'steps.total.output.sun' } } };
    expect(problemsOf(wrong)).toMatchObject([
      { code: 'EXPRESSION_INVALID', path: ['workflow', 'steps', 'twice', 'set', 'sum'] },
    ]);
    expect(problemsOf({ a: { set: { one: '1' }, agent: 'any' } })).toMatchObject([
      {
        code: 'DEFINITION_INVALID',
        message: expect.stringContaining('expected a set, which computes, found also "agent"'),
      },
    ]);
  });
});

describe('a wait', () => {
  const after = { waited: { wait: { for: '2h' } }, read: look(['waited']) };

  it('lets its time pass, and then says when that was', () => {
    const engine = new Engine(definitionOf(after));
    const began = engine.at;
    expect(typesOf(engine.start({}))).toContain('WaitBegan');
    expect(typesOf(engine.advance(2 * HOUR_MS - 1))).toEqual([]);
    expect(typesOf(engine.advance(1))).toEqual(['StepCompleted', 'AttemptScheduled']);
    const at = new Date(began + 2 * HOUR_MS).toISOString();
    expect(engine.of('StepCompleted')[0]?.data.output).toEqual({ at });
  });

  it('for a duration stands still while its run is paused', () => {
    const engine = new Engine(definitionOf(after));
    engine.start({});
    engine.advance(HOUR_MS);
    engine.send('PauseRun', {});
    expect(typesOf(engine.advance(5 * HOUR_MS))).toEqual([]);
    engine.send('ResumeRun', {});
    expect(typesOf(engine.advance(HOUR_MS - 1))).toEqual([]);
    expect(typesOf(engine.advance(1))).toContain('StepCompleted');
  });

  it('until a moment keeps the moment, and starts nothing while its run is paused', () => {
    const engine = new Engine(
      definitionOf({ waited: { wait: { until: 'run.input.from' } }, read: look(['waited']) }),
    );
    const from = new Date(engine.at + 2 * HOUR_MS).toISOString();
    engine.start({ from });
    engine.send('PauseRun', {});
    expect(typesOf(engine.advance(3 * HOUR_MS))).toEqual([]);
    engine.send('ResumeRun', {});
    expect(typesOf(engine.advance(1))).toEqual(['StepCompleted', 'AttemptScheduled']);
  });

  it('is over at once when its moment has passed', () => {
    const engine = new Engine(definitionOf({ w: { wait: { until: '"2001-01-01T00:00:00Z"' } } }));
    expect(typesOf(engine.start({}))).not.toContain('WaitBegan');
    expect(engine.of('RunCompleted')).toHaveLength(1);
  });

  it.each(['"tomorrow"', '"2026-02-30T00:00:00Z"', '"2026-03-01T09:30:00"', '17'])(
    'until %s says what a moment is',
    (until) => {
      const engine = new Engine(definitionOf({ w: { wait: { until } } }));
      engine.start({});
      expect(engine.of('RunFailed')[0]?.data).toMatchObject({
        code: 'EXPRESSION_FAILED',
        message: expect.stringContaining('RFC 3339'),
      });
    },
  );

  it('ends with its run, and is forgotten by nothing else', () => {
    const engine = new Engine(definitionOf(after, { timeout: '1h' }));
    engine.start({});
    engine.advance(HOUR_MS);
    expect(engine.of('RunTimedOut')).toHaveLength(1);
    expect(typesOf(engine.advance(9 * HOUR_MS))).toEqual([]);
  });
});
