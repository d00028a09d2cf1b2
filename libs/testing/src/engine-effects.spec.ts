import { LIMITS, type CommandData } from '@fermata/contracts';
import { emptyPartition, fold } from '@fermata/core';
import { definitionOf } from './definitions';
import { Engine, typesOf } from './engine';

const DIGEST = 'd'.repeat(64);
const DAY_MS = 86_400_000;
const GATE = 'run-1/a/gate-1';
const byOlga = { gate: GATE, approver: 'user:olga', groups: ['operators'] };

function intended(capability: 'act' | 'act_once'): Engine {
  const engine = new Engine(definitionOf({ a: { agent: 'any', capability } }));
  engine.start({});
  engine.send('IntendEffect', { step: 'a', attempt: 1, runner: 'r-1', digest: DIGEST });
  return engine;
}

function startOf({ graph }: Engine): CommandData<'StartRun'> {
  return { workflow: { ...graph.workflow, hash: graph.hash }, input: {} };
}

describe('an effect', () => {
  it('has its intent on the log before the call, under a key that all attempts share', () => {
    const engine = intended('act_once');
    const key = engine.of('AttemptScheduled')[0]?.data.idempotencyKey;
    expect(engine.of('EffectIntended')[0]?.data).toMatchObject({ key, digest: DIGEST });
    engine.advance(10_000);
    expect(engine.of('AttemptScheduled').at(-1)?.data).toMatchObject({
      attempt: 2,
      idempotencyKey: key,
    });
  });

  it('is granted to one runner process, once', () => {
    const engine = intended('act');
    const again = { step: 'a', attempt: 1, runner: 'r-1', digest: DIGEST };
    expect(typesOf(engine.send('IntendEffect', again))).toEqual([]);
    engine.send('IntendEffect', { ...again, runner: 'r-2' });
    expect(engine.of('CommandRejected')[0]?.data.code).toBe('ATTEMPT_CLOSED');
  });

  it('opens a gate when its outcome stays unknown and its tool can not be asked twice', () => {
    const engine = intended('act');
    expect(typesOf(engine.advance(10_000))).toEqual([]);
    expect(typesOf(engine.advance(30_000))).toEqual(['GateOpened']);
    expect(engine.of('GateOpened')[0]?.data).toMatchObject({
      cause: 'doubt',
      groups: ['operators'],
      effect: { attempt: 1, digest: DIGEST },
      rule: 'default.approvers',
    });
    expect(engine.of('AttemptScheduled')).toHaveLength(1);
  });

  it('shows the person who is asked what was to be done, and under which key', () => {
    const act = { agent: 'any', capability: 'act', input: { amount: 'run.input.amount' } };
    const engine = new Engine(definitionOf({ a: act }));
    engine.start({ amount: 70 });
    engine.send('IntendEffect', { step: 'a', attempt: 1, runner: 'r-1', digest: DIGEST });
    engine.advance(40_000);
    expect(engine.of('GateOpened')[0]?.data.shown).toMatchObject({
      step: 'a',
      attempt: 1,
      idempotencyKey: engine.of('AttemptScheduled')[0]?.data.idempotencyKey,
      input: { amount: 70 },
      found: { code: 'ATTEMPT_TIMED_OUT' },
    });
  });

  it('opens a gate when its runner says that the call failed in a way that may have worked', () => {
    const engine = intended('act');
    const events = engine.fail('a', 'AGENT_UNREACHABLE', true, { runner: 'r-1' });
    expect(typesOf(events)).toEqual(['GateOpened']);
  });

  it('is tried again when a person says that it did not happen', () => {
    const engine = intended('act');
    engine.advance(40_000);
    const events = engine.send('DecideGate', { ...byOlga, decision: 'retry' });
    expect(typesOf(events)).toEqual(['GateDecided', 'AttemptScheduled']);
  });

  it('is taken as done when a person says so, with its outcome', () => {
    const engine = intended('act');
    engine.advance(40_000);
    const done = { ...byOlga, decision: 'approve' as const, data: { id: 9 } };
    expect(typesOf(engine.send('DecideGate', done))).toEqual([
      'GateDecided',
      'StepCompleted',
      'RunCompleted',
    ]);
    expect(engine.of('RunCompleted')[0]?.data.output).toEqual({ a: { id: 9 } });
  });

  it('is settled by its own late outcome, and the question goes away', () => {
    const engine = intended('act');
    engine.advance(40_000);
    const late = { attempt: 1, runner: 'r-1' };
    expect(typesOf(engine.complete('a', { id: 9 }, late))).toEqual([
      'GateWithdrawn',
      'StepCompleted',
      'RunCompleted',
    ]);
  });

  it('is not settled by another runner', () => {
    const engine = intended('act');
    engine.advance(40_000);
    const foreign = engine.complete('a', { id: 9 }, { attempt: 1, runner: 'r-2' });
    expect(typesOf(foreign)).toEqual(['ResultIgnored']);
  });

  it('is never repeated because its answer breaks the contract', () => {
    const output = { type: 'object', required: ['id'] };
    const step = { agent: 'any', capability: 'act_once', output };
    const engine = new Engine(definitionOf({ a: step }));
    engine.start({});
    expect(typesOf(engine.complete('a', {}))).toEqual(['StepFailed', 'RunFailed']);
  });
});

describe('a command that comes again', () => {
  const flow = definitionOf({ a: { agent: 'any', capability: 'look' } });

  it('changes nothing and is answered with its first outcome', () => {
    const engine = new Engine(flow);
    engine.start({ x: 1 }, { id: 'same' });
    const before = engine.run();
    const again = engine.start({ x: 1 }, { id: 'same' });
    expect(typesOf(again)).toEqual(['CommandDuplicated']);
    expect(again[0]).toMatchObject({ data: { outcome: 'accepted', run: 'run-1' } });
    expect(engine.run()).toBe(before);
  });

  it('is a conflict with another body', () => {
    const engine = new Engine(flow);
    engine.start({ x: 1 }, { id: 'same' });
    engine.start({ x: 2 }, { id: 'same' });
    expect(engine.of('CommandRejected')[0]?.data.code).toBe('COMMAND_CONFLICT');
  });

  it('is the same as long as its sender says the same, whatever an edge found out', () => {
    const engine = new Engine(flow);
    const { workflow, input } = startOf(engine);
    const newer = { ...workflow, version: '1.1.0', hash: 'e'.repeat(64) };
    const id = 'same';
    engine.send('StartRun', { workflow, asked: 'flow', input }, { id });
    const again = engine.send('StartRun', { workflow: newer, asked: 'flow', input }, { id });
    expect(again[0]).toMatchObject({ type: 'CommandDuplicated', data: { outcome: 'accepted' } });
    engine.send('StartRun', { workflow, asked: 'flow@1.0.0', input }, { id });
    expect(engine.of('CommandRejected')[0]?.data.code).toBe('COMMAND_CONFLICT');
  });

  it('is known from a release that remembered all of what it said', () => {
    const engine = new Engine(flow);
    const { workflow, input } = startOf(engine);
    engine.send('StartRun', { workflow, input }, { id: 'same' });
    const again = engine.send('StartRun', { workflow, asked: 'flow', input }, { id: 'same' });
    expect(typesOf(again)).toEqual(['CommandDuplicated']);
  });

  it('takes a key for one request, and for no other', () => {
    const engine = new Engine(flow);
    const [one, other] = [{ wish: 'a'.repeat(64) }, { wish: 'b'.repeat(64) }];
    const said = { id: 'cancel/k', run: 'key-k' };
    expect(typesOf(engine.send('ReserveKey', one, said))).toEqual(['KeyReserved']);
    expect(typesOf(engine.send('ReserveKey', one, said))).toEqual(['CommandDuplicated']);
    engine.send('ReserveKey', other, said);
    expect(engine.of('CommandRejected')[0]?.data.code).toBe('COMMAND_CONFLICT');
    const replayed = emptyPartition(DAY_MS);
    for (const event of engine.log) fold(replayed, event);
    expect([...replayed.commands]).toEqual([...engine.state.commands]);
  });

  it('is refused when it is older than what is remembered', () => {
    const engine = new Engine(flow, 60_000);
    const old = engine.command('CancelRun', {});
    engine.advance(60_001);
    engine.handle(old);
    expect(engine.of('CommandRejected')[0]?.data.code).toBe('COMMAND_EXPIRED');
  });

  it('is carried out once, whatever clock its sender has', () => {
    const aheadMs = LIMITS.commandAheadMsMax;
    const engine = new Engine(flow, 60_000);
    engine.start({}, { run: 'tick' });
    const early = engine.command('StartRun', startOf(engine), { time: engine.at + aheadMs });
    engine.handle(early);
    engine.complete('a', 1);
    // The last moment at which a copy is still taken for new, and the first at which it is old.
    for (const ms of [aheadMs + 60_000, 1]) {
      engine.advance(ms);
      engine.handle(early);
    }
    expect(engine.of('RunStarted').filter(({ run }) => run !== 'tick')).toHaveLength(1);
    expect(engine.of('CommandDuplicated')).toHaveLength(1);
    expect(engine.of('CommandRejected')[0]?.data.code).toBe('COMMAND_EXPIRED');
  });

  it('is refused when its time is further ahead than clocks may differ', () => {
    const engine = new Engine(flow, 60_000);
    const time = engine.at + LIMITS.commandAheadMsMax + 1;
    const ahead = engine.command('StartRun', startOf(engine), { time });
    engine.handle(ahead);
    expect(engine.of('CommandRejected')[0]?.data.code).toBe('COMMAND_EXPIRED');
    engine.advance(1);
    expect(typesOf(engine.handle(ahead))).toContain('RunStarted');
  });

  it('finds the key of its run taken until the window has passed, then begins a new life', () => {
    const engine = new Engine(flow, 60_000);
    engine.start({});
    engine.complete('a', 1);
    engine.start({});
    expect(engine.of('CommandRejected')[0]?.data.code).toBe('RUN_EXISTS');
    engine.advance(60_001);
    engine.start({});
    engine.start({}, { run: 'tick' });
    engine.start({});
    const ids = engine.of('RunStarted').map((event) => event.run);
    expect(ids).toContain('run-1~2');
    expect(new Set(engine.log.filter((e) => e.sequence > 0).map((e) => e.id)).size).toBe(
      engine.log.filter((e) => e.sequence > 0).length,
    );
  });
});
