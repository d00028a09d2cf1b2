import {
  decodeEvent,
  definition,
  encodeCommand,
  partitionOf,
  recordKey,
  type Command,
  type Event,
} from '@fermata/contracts';
import { definitionHash, InvariantBroken } from '@fermata/core';
import {
  AcceptedReader,
  fenceOf,
  memoryLog,
  ORIGIN,
  type LogPort,
  type NewRecord,
  type Reader,
} from '@fermata/log';
import { definitionOf, look } from '@fermata/testing';
import { CommandLoop } from './command-loop';
import { DefinitionBroken, DefinitionStore } from './definition-store';
import { deploy, HASH, startOf } from './flow.fixture';
import { schedulerConfig, type SchedulerConfig } from './scheduler.config';

/** What every reader of the log accepts of its first partition, by now. */
async function accepted(log: LogPort, partition = 0): Promise<Event[]> {
  const end = await log.end('log', partition);
  const reader = await AcceptedReader.open(log, partition, ORIGIN);
  const events: Event[] = [];
  for (let at = 0; at < end; ) {
    const batch = await reader.next(1_000);
    if (batch === null) break;
    events.push(...batch.records.map(({ record }) => decodeEvent(record)));
    at = batch.place.offset + 1;
  }
  reader.close();
  return events;
}

/** Waits until the log has an event; each look follows an append. */
async function heard(log: LogPort, wanted: (event: Event) => boolean, partition = 0) {
  const reader = await AcceptedReader.open(log, partition, ORIGIN);
  for (;;) {
    const batch = await reader.next(1_000);
    const found = batch?.records.map(({ record }) => decodeEvent(record)).find(wanted);
    if (found === undefined) continue;
    reader.close();
    return found;
  }
}

const cancelOf = (run: string, id: string): Command =>
  startOf(run, { id, type: 'CancelRun', data: {} });

const startedRun = (run: string) => (event: Event) =>
  event.type === 'RunStarted' && event.run === run;

/** The reader, read in another way. */
function readingBy(reader: Reader, read: Reader['read']): Reader {
  return {
    get next() {
      return reader.next;
    },
    read,
    close: () => reader.close(),
  };
}

describe('the loop of a partition', () => {
  let log: LogPort;
  const loops: { loop: CommandLoop; running: Promise<void> }[] = [];

  const own = (
    partition = 0,
    changed: Partial<SchedulerConfig> = {},
    through: LogPort = log,
  ): CommandLoop => {
    const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
    const config = schedulerConfig({ pause, ...changed });
    const loop = new CommandLoop(through, partition, new DefinitionStore(log), config);
    loops.push({ loop, running: loop.run() });
    return loop;
  };

  beforeEach(async () => {
    log = memoryLog(1);
    await deploy(log);
  });

  afterEach(async () => {
    for (const { loop } of loops) loop.stop();
    await Promise.all(loops.splice(0).map(({ running }) => running));
    await log.close();
  });

  it('survives a reader that fails while a batch is decided', async () => {
    let isHeard = false;
    const failure = Promise.reject(new Error('the connections were given up'));
    const later = failure.then.bind(failure);
    // A failure that nobody listens to by the time of the append would end the process.
    failure.then = (...listeners: Parameters<typeof later>) => {
      isHeard = true;
      return later(...listeners) as never;
    };
    const heardAtAppend: boolean[] = [];
    const failing: LogPort = {
      ...log,
      append: async (...asked) => {
        heardAtAppend.push(isHeard);
        return log.append(...asked);
      },
      async open(topic, partition, from) {
        const reader = await log.open(topic, partition, from);
        let reads = 0;
        const read = (max: number) => ((reads += 1) > 1 ? failure : reader.read(max));
        return topic === 'commands' ? readingBy(reader, read) : reader;
      },
    };
    await log.send([encodeCommand(startOf('run-1'))]);
    const loop = new CommandLoop(failing, 0, new DefinitionStore(log), schedulerConfig());
    await expect(loop.run()).rejects.toThrow('given up');
    // The claim comes before the reader, the commit while it fails.
    expect(heardAtAppend).toEqual([false, true]);
  });

  it('makes dead letters of what it can not understand, with bytes and reason, and goes on', async () => {
    const good = encodeCommand(startOf('run-1'));
    const { decoded: _, ...bare } = good;
    const poison: readonly (readonly [string, NewRecord])[] = [
      ['JSON_MALFORMED', { ...bare, value: '{"workflow":' }],
      ['JSON_TOO_DEEP', { ...bare, value: `${'['.repeat(70)}${']'.repeat(70)}` }],
      ['JSON_FORBIDDEN_KEY', { ...bare, value: '{"__proto__": {}}' }],
      ['PAYLOAD_TOO_LARGE', { ...bare, value: `"${'x'.repeat(2_000_000)}"` }],
      ['COMMAND_MALFORMED', { ...bare, value: '{"colour": "red"}' }],
      ['COMMAND_MALFORMED', { ...bare, headers: { ...bare.headers, ce_type: 'DoHarm' } }],
      ['COMMAND_MALFORMED', { key: 'acme/run-1', headers: {}, value: '{}' }],
    ];
    await log.send(poison.map(([, record]) => record));
    await log.send([good]);
    own();
    await heard(log, startedRun('run-1'));
    const letters = await log.deadLetters();
    expect(letters.map(({ code }) => code)).toEqual(poison.map(([code]) => code));
    expect(letters.map(({ record }) => record.value)).toEqual(poison.map(([, { value }]) => value));
    for (const { reason, topic, partition } of letters) {
      expect({ topic, partition }).toEqual({ topic: 'commands', partition: 0 });
      expect(reason).toMatch(/expected/);
    }
  });

  it('moves its position past the last command also when that decided nothing and all is quiet', async () => {
    const advanceEveryMs = 300;
    own(0, { advanceEveryMs });
    const advanced: Event[] = [];
    for (const value of ['no json', 'nor this']) {
      await log.send([{ key: 'acme/run-1', headers: {}, value }]);
      const isNext = (event: Event) =>
        event.type === 'PositionAdvanced' && !advanced.some(({ id }) => id === event.id);
      advanced.push(await heard(log, isNext));
    }
    const reader = await log.open('log', 0, 0);
    const positions = (await reader.read(10)).map((record) => fenceOf(record).position);
    reader.close();
    expect(positions).toEqual([null, 1, 2]);
    const [first, second] = advanced.map(({ at }) => at);
    expect(Number(second) - Number(first)).toBeGreaterThanOrEqual(advanceEveryMs);
  });

  it('stops when the same failure meets many runs: then it is our own defect', async () => {
    class Broken extends DefinitionStore {
      override find(): never {
        throw new InvariantBroken('expected a graph');
      }
    }
    await log.send(Array.from({ length: 9 }, (_, at) => encodeCommand(startOf(`run-${at}`))));
    const config = schedulerConfig({ batchMax: 1, setAsideMax: 3 });
    const loop = new CommandLoop(log, 0, new Broken(log), config);
    await expect(loop.run()).rejects.toThrow(InvariantBroken);
    const answers = (await accepted(log)).filter(({ type }) => type !== 'PartitionClaimed');
    expect(answers).toHaveLength(3);
  });

  it('quarantines the runs of a definition that it can no longer read; the others go on', async () => {
    const flow = definition.parse(definitionOf({ b: look() }));
    const [hash, broken] = [definitionHash(flow), new DefinitionBroken('expected it to compile')];
    class Newer extends DefinitionStore {
      override find(...asked: Parameters<DefinitionStore['find']>) {
        const [wanted, state] = asked;
        if (wanted === hash && state.definitions.has(hash)) throw broken;
        return super.find(...asked);
      }
    }
    await deploy(log);
    await deploy(log, flow);
    const workflow = { name: 'flow', version: '1.0.0', hash };
    const names = Array.from({ length: 9 }, (_, at) => `run-${at}`);
    const starts = names.map((run) => startOf(run, { data: { workflow, input: {} } }));
    const cancels = names.flatMap((run) =>
      [1, 2].map((nth) => cancelOf(run, `cancel-${run}-${nth}`)),
    );
    await log.send([...starts, ...cancels, startOf('other')].map((one) => encodeCommand(one)));
    const config = schedulerConfig({ batchMax: 4, setAsideMax: 3 });
    const loop = new CommandLoop(log, 0, new Newer(log), config);
    const running = loop.run();
    await heard(log, startedRun('other'));
    loop.stop();
    await running;
    const events = await accepted(log);
    const asides = events.filter(({ type }) => type === 'RunQuarantined');
    const begun = events.filter(({ type, run }) => type === 'RunStarted' && run !== 'other');
    expect(asides.map(({ run }) => run).sort()).toEqual(begun.map(({ run }) => run).sort());
    const refusals = events.filter(({ type }) => type === 'CommandRejected');
    expect(refusals.length).toBeGreaterThanOrEqual(names.length);
  });

  it('refuses a start of what nobody deployed, until it is sent again after the deployment', async () => {
    const flow = definition.parse(definitionOf({ b: look() }));
    const hash = definitionHash(flow);
    const unknown = startOf('run-1', {
      data: { workflow: { name: 'flow', version: '1.0.0', hash }, input: {} },
    });
    await log.send([encodeCommand(unknown)]);
    own();
    const refused = await heard(log, ({ type }) => type === 'CommandRejected');
    expect(refused.data).toMatchObject({ code: 'DEFINITION_UNKNOWN' });
    await deploy(log, flow);
    await log.send([encodeCommand(unknown)]);
    await heard(log, startedRun('run-1'));
  });

  it('sends a command of another partition on, once; the second time it is a dead letter', async () => {
    await log.close();
    log = memoryLog(2);
    await deploy(log);
    const names = ['run-1', 'run-2', 'run-3', 'run-4', 'run-5'];
    const run = names.find((name) => partitionOf(recordKey('acme', name), 2) === 1) ?? '';
    const astray = encodeCommand(startOf(run));
    const keyOf0 = ['a', 'b', 'c', 'd', 'e'].find((key) => partitionOf(key, 2) === 0) ?? '';
    await log.send([{ ...astray, key: keyOf0 }]);
    own(0);
    own(1);
    await heard(log, startedRun(run), 1);
    expect(await log.deadLetters()).toEqual([]);
    await log.send([{ ...encodeCommand(startOf(run, { id: 'x', hops: 1 })), key: keyOf0 }]);
    await log.send([{ ...encodeCommand(startOf('last')), key: keyOf0 }]);
    const home = partitionOf(recordKey('acme', 'last'), 2);
    await heard(log, startedRun('last'), home);
    expect(await log.deadLetters()).toMatchObject([{ code: 'COMMAND_MALFORMED' }]);
  });

  it('is taken over by another: each command is decided once, and all agree on the log', async () => {
    const runs = Array.from({ length: 300 }, (_, index) => `run-${index}`);
    own(0, { owner: 'first', batchMax: 7 });
    for (const [index, run] of runs.entries()) {
      await log.send([encodeCommand(startOf(run))]);
      // A second owner, and a third, come while the one before is at work.
      if (index === 100) own(0, { owner: 'second', batchMax: 5 });
      if (index === 200) own(0, { owner: 'third', batchMax: 3 });
      if (index % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await heard(log, startedRun('run-299'));
    const events = await accepted(log);
    const started = events.filter(({ type }) => type === 'RunStarted').map(({ run }) => run);
    expect(started).toEqual(runs);
    const claims = events.filter(({ type }) => type === 'PartitionClaimed');
    expect(new Set(claims.map(({ actor }) => actor))).toEqual(
      new Set(['first', 'second', 'third']),
    );
  });

  it('appends in parts what is too much for one append, each with the place where it ends', async () => {
    const appends: { records: number; positions: Set<number | null> }[] = [];
    const append: LogPort['append'] = (partition, base, records) => {
      const positions = new Set(records.map((record) => fenceOf(record).position));
      appends.push({ records: records.length, positions });
      return log.append(partition, base, records);
    };
    const runs = Array.from({ length: 30 }, (_, index) => `run-${index}`);
    for (const run of runs) {
      const input = 'x'.repeat(400_000);
      const workflow = { name: 'flow', version: '1.0.0', hash: HASH };
      await log.send([encodeCommand(startOf(run, { data: { workflow, input } }))]);
    }
    own(0, {}, { ...log, append });
    await heard(log, startedRun('run-29'));
    const started = (await accepted(log)).filter(({ type }) => type === 'RunStarted');
    expect(started.map(({ run }) => run)).toEqual(runs);
    const commits = appends.slice(1);
    expect(commits.length).toBeGreaterThan(4);
    const positions = commits.map(({ positions: all }) => Number([...all][0]));
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
    expect(positions.at(-1)).toBe(30);
  });

  it('listens to a read ahead at once: one that fails during a commit ends no process', async () => {
    const broken = new Error('no broker');
    const failing = Promise.reject(broken);
    const then = failing.then.bind(failing);
    let isHeard = false;
    failing.then = (...handlers) => {
      isHeard = true;
      return then(...handlers);
    };
    const heardAtCommit: boolean[] = [];
    const through: LogPort = {
      ...log,
      async open(topic, partition, from) {
        const reader = await log.open(topic, partition, from);
        if (topic === 'log') return reader;
        let reads = 0;
        return readingBy(reader, (max) => (reads++ === 0 ? reader.read(max) : failing));
      },
      append(partition, base, records) {
        heardAtCommit.push(isHeard);
        return log.append(partition, base, records);
      },
    };
    await log.send([encodeCommand(startOf('run-1'))]);
    const loop = new CommandLoop(through, 0, new DefinitionStore(log), schedulerConfig());
    await expect(loop.run()).rejects.toBe(broken);
    expect(heardAtCommit).toEqual([false, true]);
  });

  it('moves its position past what is no command, so that it may be deleted', async () => {
    // As on Kafka after a transaction: offset 1 holds what ended it, and nobody is given that.
    const through: LogPort = {
      ...log,
      async open(topic, partition, from) {
        const reader = await log.open(topic, partition, from);
        if (topic === 'log') return reader;
        let [isPassed, isGiven] = [false, false];
        return {
          get next() {
            return reader.next + Number(isPassed);
          },
          async read(max, until = Infinity) {
            isPassed = isGiven;
            if (isPassed && until <= 2) return [];
            isGiven = true;
            return reader.read(max);
          },
          close: () => reader.close(),
        };
      },
    };
    await log.send([encodeCommand(startOf('run-1'))]);
    const positions: (number | null)[] = [];
    const append: LogPort['append'] = (partition, base, records) => {
      positions.push(...records.map((record) => fenceOf(record).position));
      return log.append(partition, base, records);
    };
    own(0, { advanceEveryMs: 0 }, { ...through, append });
    await heard(log, ({ type }) => type === 'PositionAdvanced');
    expect(positions).toEqual([null, 1, 1, 1, 2]);
  });

  it('goes on where the log is after a restart, and decides nothing again', async () => {
    const first = own();
    await log.send([encodeCommand(startOf('run-1'))]);
    await heard(log, startedRun('run-1'));
    first.stop();
    await Promise.all(loops.splice(0).map(({ running }) => running));
    await log.send([encodeCommand(startOf('run-1')), encodeCommand(startOf('run-2'))]);
    own();
    await heard(log, startedRun('run-2'));
    const types = (await accepted(log)).map(({ type }) => type);
    expect(types.filter((type) => type === 'RunStarted')).toHaveLength(2);
    expect(types).toContain('CommandDuplicated');
  });
});
