import {
  type Command,
  decodeEvent,
  definition,
  type Definition,
  encodeCommand,
  type Event,
} from '@fermata/contracts';
import { fenceOf, memoryLog, type LogPort, type StoredRecord } from '@fermata/log';
import { definitionHash } from '@fermata/core';
import { definitionOf, look } from '@fermata/testing';
import fc from 'fast-check';
import { Workload } from './backlog';
import { CommandLoop } from './command-loop';
import { DefinitionStore } from './definition-store';
import { deploy, startOf } from './flow.fixture';
import { Shares } from './shares';
import { schedulerConfig, type SchedulerConfig } from './scheduler.config';

const startBy = (tenant: string, number: number): Command =>
  startOf(`run-${number}`, { id: `start-${number}`, tenant });

/** A log of one partition that holds starts of these tenants, in this order. */
async function logOf(tenants: readonly string[]): Promise<LogPort> {
  const log = memoryLog(1);
  await deploy(log);
  await log.send(tenants.map((tenant, number) => encodeCommand(startBy(tenant, number))));
  return log;
}

/**
 * Owns the partition until nothing is left to decide; an append may break it off on the way. Gives
 * how many records each append had.
 */
async function decideAll(log: LogPort, said: Partial<SchedulerConfig>, failAt: number[] = []) {
  const end = await log.end('commands', 0);
  const appends: number[] = [];
  let loop: CommandLoop | undefined;
  const append: LogPort['append'] = async (partition, base, records) => {
    appends.push(records.length);
    if (failAt.includes(appends.length)) throw new Error('the process dies here');
    const outcome = await log.append(partition, base, records);
    if (fenceOf(records[0] as StoredRecord).position === end) loop?.stop();
    return outcome;
  };
  const config = schedulerConfig({ pause: async () => undefined, advanceEveryMs: 0, ...said });
  for (let isDone = false; !isDone; ) {
    loop = new CommandLoop({ ...log, append }, 0, new DefinitionStore(log), config);
    isDone = await loop.run().then(
      () => true,
      () => false,
    );
  }
  return appends;
}

/** Everything on the log, with what each record says of the commands before it. */
async function recordsOf(log: LogPort): Promise<{ event: Event; position: number | null }[]> {
  const end = await log.end('log', 0);
  const reader = await log.open('log', 0, 0);
  const records: StoredRecord[] = [];
  while (records.length < end) records.push(...(await reader.read(1_000)));
  reader.close();
  return records.map((record) => ({
    event: decodeEvent(record),
    position: fenceOf(record).position,
  }));
}

const startsIn = (records: readonly { event: Event }[]) =>
  records.map(({ event }) => event).filter(({ type }) => type === 'RunStarted');

class ObservedShares extends Shares {
  readonly charged: number[] = [];

  override charge(tenant: string, steps: number): void {
    this.charged.push(steps);
    super.charge(tenant, steps);
  }
}

/** Tells what was charged. */
class Observed extends Workload {
  override readonly shares = new ObservedShares(1_000);
}

/** A definition that takes a while to be compiled. */
function large(number: number): Definition {
  const properties = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, index) => [`p${index}`, { type: 'string' }]),
  );
  const input = { type: 'object', properties };
  return definition.parse(definitionOf({ a: look() }, { version: `1.0.${number}`, input }));
}

describe('the intake of a partition', () => {
  it('charges a tenant also for what it takes to start a step that waited for its turn', async () => {
    const sum = Array.from({ length: 400 }, () => '1').join('+');
    const input = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`f${at}`, sum]));
    const heavy = definition.parse(definitionOf({ a: look([], { input }) }, { version: '2.0.0' }));
    const log = memoryLog(1);
    await deploy(log);
    await deploy(log, heavy);
    const workflow = { name: 'flow', version: '2.0.0', hash: definitionHash(heavy) };
    const commands = [
      startOf('first'),
      startOf('second', { data: { workflow, input: {} } }),
      startOf('first', { id: 'cancel', type: 'CancelRun', data: {} }),
    ];
    await log.send(commands.map((command) => encodeCommand(command)));
    const config = schedulerConfig({ openAttemptsMax: 1 });
    const workload = new Observed(config);
    const loop = new CommandLoop(log, 0, new DefinitionStore(log), config, workload);
    const running = loop.run();
    const reader = await log.open('log', 0, 0);
    for (let scheduled = 0; scheduled < 2; ) {
      const types = (await reader.read(1_000)).map((record) => decodeEvent(record).type);
      scheduled += types.filter((type) => type === 'AttemptScheduled').length;
    }
    reader.close();
    loop.stop();
    await running;
    // Once when it was found that there is no room, and once when there was.
    expect(workload.shares.charged.filter((steps) => steps > 5_000)).toHaveLength(2);
  });

  it('lets nobody wait while the definitions of another tenant are compiled', async () => {
    const definitions = [1, 2, 3].map(large);
    const log = memoryLog(1);
    await deploy(log);
    for (const one of definitions) await deploy(log, one);
    const starts = definitions.map((one, number) => {
      const workflow = { name: 'flow', version: one.workflow.version, hash: definitionHash(one) };
      return startOf(`large-${number}`, { tenant: 'rush', data: { workflow, input: {} } });
    });
    const own = [...starts, startOf('last', { tenant: 'quiet' })];
    await log.send(own.map((command) => encodeCommand(command)));
    await decideAll(log, {});
    const order = startsIn(await recordsOf(log)).map(({ run }) => run);
    expect(order).toEqual(['last', 'large-0', 'large-1', 'large-2']);
  });

  it('lets the one command of a tenant not wait for the thousands of another', async () => {
    const log = await logOf([...Array.from({ length: 1_000 }, () => 'rush'), 'quiet']);
    await decideAll(log, { batchMax: 20, readMax: 250 });
    const starts = startsIn(await recordsOf(log));
    expect(starts).toHaveLength(1_001);
    // Four reads and a small batch between each: after those it is the next.
    const place = starts.findIndex(({ tenant }) => tenant === 'quiet');
    expect(place).toBeLessThan(120);
  });

  it('decides no more of a tenant than its share while another sends less, and many while none does', async () => {
    const sizes = async (tenants: readonly string[]): Promise<number[]> => {
      const log = await logOf(tenants);
      let at = Date.now();
      // Each look at the clock finds a new window.
      const now = () => (at += 20);
      return decideAll(log, { now, batchMax: 100, readMax: 1_000, tenantCommandsPerSecond: 250 });
    };
    const rush = Array.from({ length: 300 }, () => 'rush');
    // A claim, and two events of each start, the first with its definition.
    expect(await sizes(rush)).toEqual([1, 201, 200, 200]);
    // What the rush wants is told by the first batch alone: from then on, five for each window
    // that began since the batch before.
    const [, first, ...others] = await sizes(['quiet', ...rush]);
    expect(first).toBe(201);
    expect(Math.max(...others.slice(0, 4))).toBeLessThanOrEqual(40);
  });

  it('lets what has begun not wait for the thousands of starts before it', async () => {
    const rush = Array.from({ length: 1_000 }, () => 'rush');
    const log = await logOf(rush);
    const { id: _, ...started } = startBy('rush', 0);
    const cancel = { ...started, id: 'cancel', type: 'CancelRun', data: {} } as Command;
    await log.send([encodeCommand(cancel)]);
    await decideAll(log, { batchMax: 20, readMax: 250 });
    const events = (await recordsOf(log)).map(({ event }) => event);
    const cancelledAt = events.findIndex(({ type }) => type === 'RunCancelled');
    const before = events.slice(0, cancelledAt).filter(({ type }) => type === 'RunStarted');
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(120);
  });

  it('reads no further ahead than it may hold', async () => {
    const log = await logOf([...Array.from({ length: 1_000 }, () => 'rush'), 'quiet']);
    await decideAll(log, { batchMax: 10, readMax: 50, readAheadMax: 1 });
    const starts = startsIn(await recordsOf(log));
    expect(starts.findIndex(({ tenant }) => tenant === 'quiet')).toBe(1_000);
  });

  it('answers a command that it refused for now with the same no when a new owner reads it again', async () => {
    const log = await logOf([...Array.from({ length: 100 }, () => 'rush'), 'acme', 'acme', 'acme']);
    // The third start of acme finds one that waits; the cancellation behind it makes room.
    const { id: _, ...cancelled } = startBy('acme', 101);
    const cancel = { ...cancelled, id: 'cancel', type: 'CancelRun', data: {} } as Command;
    await log.send([encodeCommand(cancel)]);
    const tight = { openAttemptsMax: 1, queuedStepsMax: 1 };
    await decideAll(log, { ...tight, batchMax: 2, turnsMax: 1 }, [8]);
    const answers = (await recordsOf(log))
      .map(({ event }) => event)
      .filter(({ tenant, causationId }) => tenant === 'acme' && causationId === 'start-102');
    expect(answers).toMatchObject([
      { type: 'CommandRejected', data: { code: 'OVERLOADED' } },
      { type: 'CommandDuplicated', data: { outcome: 'OVERLOADED' } },
    ]);
  });

  it('decides each command once, each tenant’s in order, and its position leaves none behind', async () => {
    const mix = fc.array(fc.constantFrom('a', 'a', 'a', 'a', 'b', 'c'), {
      minLength: 1,
      maxLength: 120,
    });
    const size = fc.integer({ min: 1, max: 25 });
    const deaths = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(mix, size, size, deaths, async (tenants, batchMax, readMax, failAt) => {
        const log = await logOf(tenants);
        await decideAll(log, { batchMax, readMax }, failAt);
        const records = await recordsOf(log);
        const started = startsIn(records).map(({ tenant, run }) => `${tenant}/${run}`);
        const requested = tenants.map((tenant, number) => `${tenant}/run-${number}`);
        expect([...started].sort()).toEqual([...requested].sort());
        for (const tenant of ['a', 'b', 'c']) {
          const of = (runs: string[]) => runs.filter((run) => run.startsWith(tenant));
          expect(of(started)).toEqual(of(requested));
        }
        checkPositions(records, requested);
      }),
      { numRuns: 60 },
    );
  });
});

/** A record's position is never behind a command that no record up to its append decided. */
function checkPositions(
  records: readonly { event: Event; position: number | null }[],
  requested: readonly string[],
): void {
  const decided = new Set<string>();
  for (const { event } of records.filter(({ position }) => position === null)) {
    expect(event.type).toBe('PartitionClaimed');
  }
  const positions = [...new Set(records.map(({ position }) => position ?? 0))];
  expect(positions).toEqual([...positions].sort((one, other) => one - other));
  for (const position of positions) {
    for (const { event, position: own } of records) {
      if ((own ?? 0) <= position) decided.add(`${event.tenant}/${event.run}`);
    }
    for (const run of requested.slice(0, position)) expect(decided).toContain(run);
  }
}
