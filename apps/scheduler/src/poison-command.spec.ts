import { decodeEvent, encodeCommand, type Command, type Event } from '@fermata/contracts';
import { AcceptedReader, memoryLog, ORIGIN, type LogPort } from '@fermata/log';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { Workload } from './backlog';
import { CommandLoop } from './command-loop';
import { DefinitionStore } from './definition-store';
import { deploy, startOf } from './flow.fixture';
import { schedulerConfig } from './scheduler.config';

beforeAll(() => Logger.overrideLogger(false));

const POISON = 'b'.repeat(64);

/** The start of a run whose definition ends the process that looks for it. */
const poison = (run: string, more: Partial<Command> = {}) =>
  startOf(run, {
    data: { workflow: { name: 'flow', version: '1.0.0', hash: POISON }, input: {} },
    ...more,
  } as Partial<Command>);

/** What a dead process meets at each call: it does nothing any more. */
const KILLED = new Error('the process is dead');

/** What happens to a process that decides the poison. */
type End = 'hangs' | 'throws';

class Definitions extends DefinitionStore {
  constructor(
    log: LogPort,
    private readonly end: End,
    private readonly tellHung: () => void,
  ) {
    super(log);
  }

  override async prepare(...asked: Parameters<DefinitionStore['prepare']>): Promise<void> {
    const isPoisoned = asked[0].some(
      ({ type, data }) =>
        type === 'StartRun' && 'workflow' in data && data.workflow.hash === POISON,
    );
    if (isPoisoned && this.end === 'hangs') {
      this.tellHung();
      throw KILLED;
    }
    await super.prepare(...asked);
  }

  override find(...asked: Parameters<DefinitionStore['find']>) {
    if (asked[0] === POISON) throw new RangeError('Maximum call stack size exceeded');
    return super.find(...asked);
  }
}

/** A process that may be killed: then nothing that it sends goes. */
class Process {
  isDead = false;
  private tellEnd: () => void = () => undefined;
  readonly ended = new Promise<void>((resolve) => (this.tellEnd = resolve));
  private readonly loops: CommandLoop[] = [];
  private calls = 0;

  constructor(
    private readonly log: LogPort,
    end: End,
    /** It dies at this call of the log: before it, or after. */
    private readonly dies: { readonly at: number; readonly isAfter: boolean } | null = null,
    partitions: readonly number[] = [0],
  ) {
    const config = schedulerConfig({
      advanceEveryMs: 0,
      pause: () => new Promise((resolve) => setImmediate(resolve)),
    });
    const port = this.port();
    const definitions = new Definitions(port, end, () => this.kill());
    const workload = new Workload(config);
    for (const partition of partitions) {
      const loop = new CommandLoop(port, partition, definitions, config, workload);
      this.loops.push(loop);
      loop.run().then(this.tellEnd, () => this.kill());
    }
  }

  kill(): void {
    this.isDead = true;
    for (const loop of this.loops) loop.stop();
    this.tellEnd();
  }

  async stop(): Promise<void> {
    for (const loop of this.loops) loop.stop();
    await this.ended;
  }

  private port(): LogPort {
    const call = async <T>(work: () => Promise<T>): Promise<T> => {
      if (this.isDead) throw KILLED;
      this.calls += 1;
      const isLast = this.dies !== null && this.calls >= this.dies.at;
      if (isLast && !this.dies?.isAfter) this.kill();
      if (this.isDead) throw KILLED;
      const done = await work();
      if (isLast) this.kill();
      if (this.isDead) throw KILLED;
      return done;
    };
    const { log } = this;
    return {
      ...log,
      append: (...asked) => call(() => log.append(...asked)),
      putDeadLetter: (...asked) => call(() => log.putDeadLetter(...asked)),
      end: (...asked) => call(() => log.end(...asked)),
      open: async (...asked) => {
        const reader = await call(() => log.open(...asked));
        return {
          get next() {
            return reader.next;
          },
          read: async (...wanted) => {
            const records = await reader.read(...wanted);
            return this.isDead ? [] : records;
          },
          close: () => reader.close(),
        };
      },
    };
  }
}

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

const started = (events: readonly Event[]) =>
  events.filter(({ type }) => type === 'RunStarted').map(({ run }) => run);

/** Lets processes follow one another, each until it ends, until a run was started. */
async function untilStarted(log: LogPort, run: string, end: End, partitions = [0]) {
  for (let count = 1; ; count++) {
    const process = new Process(log, end, null, partitions);
    for (let turns = 0; !process.isDead && turns < 200; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      const runs = await Promise.all(
        partitions.map(async (at) => started(await accepted(log, at))),
      );
      if (!runs.flat().includes(run)) continue;
      await process.stop();
      return count;
    }
    expect(count).toBeLessThan(20);
  }
}

describe('a command that ends each owner which decides it', () => {
  it.each(['hangs', 'throws'] as const)(
    'is a dead letter with its reason when the process %s, and the others go on',
    async (end) => {
      const log = memoryLog(1);
      await deploy(log);
      const commands = [startOf('before'), poison('poison'), startOf('after')];
      await log.send(commands.map((command) => encodeCommand(command)));
      expect(await untilStarted(log, 'after', end)).toBeLessThanOrEqual(6);
      const events = await accepted(log);
      expect(started(events)).toEqual(['before', 'after']);
      const refused = events.filter(({ type }) => type === 'CommandRejected');
      expect(refused).toMatchObject([
        { run: 'poison', causationId: 'start-poison', data: { code: 'COMMAND_UNDECIDABLE' } },
      ]);
      expect(await log.deadLetters()).toMatchObject([
        { offset: 1, code: 'COMMAND_UNDECIDABLE', reason: expect.stringMatching(/2 owners ended/) },
      ]);
      // Sent again under its id, it is answered from memory and ends nobody.
      await log.send([encodeCommand(poison('poison')), encodeCommand(startOf('last'))]);
      expect(await untilStarted(log, 'last', 'throws')).toBe(1);
    },
  );

  it('brings no blame on a command of another partition of the same process', async () => {
    const log = memoryLog(4);
    await deploy(log);
    const runs = Array.from({ length: 24 }, (_, number) => `run-${number}`);
    await log.send([...runs.map((run) => startOf(run)), poison('poison')].map(encodeCommand));
    await log.send([encodeCommand(startOf('last'))]);
    const partitions = [0, 1, 2, 3];
    await untilStarted(log, 'last', 'hangs', partitions);
    const process = new Process(log, 'hangs', null, partitions);
    const all = async () =>
      (await Promise.all(partitions.map(async (at) => started(await accepted(log, at))))).flat();
    for (let turns = 0; turns < 500 && (await all()).length < 25; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await process.stop();
    expect((await all()).sort()).toEqual([...runs, 'last'].sort());
    expect((await log.deadLetters()).map(({ record }) => record.value)).toEqual([
      encodeCommand(poison('poison')).value,
    ]);
  });
});

describe('an innocent command', () => {
  /** A restart: gracefully after some turns, or killed at a call of the log, before or after it. */
  const restart = fc.oneof(
    fc.record({ turns: fc.nat(12) }),
    fc.record({ at: fc.integer({ min: 1, max: 14 }), isAfter: fc.boolean() }),
  );

  it('is never a dead letter by restarts at any moment, every second one a kill', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(restart, { maxLength: 14 }), fc.nat(3), async (restarts, count) => {
        const log = memoryLog(1);
        await deploy(log);
        const runs = Array.from({ length: count + 1 }, (_, number) => `run-${number}`);
        await log.send(runs.map((run) => encodeCommand(startOf(run))));
        let kills = 0;
        for (const one of restarts) {
          const kill = 'at' in one && kills % 2 === 0 ? one : null;
          kills += 'at' in one ? 1 : 0;
          const process = new Process(log, 'throws', kill);
          const turns = 'turns' in one ? one.turns : 40;
          for (let turn = 0; turn < turns && !process.isDead; turn++) {
            await new Promise((resolve) => setImmediate(resolve));
          }
          await process.stop();
        }
        await untilStarted(log, runs.at(-1) ?? '', 'throws');
        expect(started(await accepted(log)).sort()).toEqual(runs.sort());
        expect(await log.deadLetters()).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('is decided by the first owner of many that restarted without any command', async () => {
    const log = memoryLog(1);
    await deploy(log);
    for (let restarts = 0; restarts < 10; restarts++) {
      const process = new Process(log, 'throws');
      await new Promise((resolve) => setImmediate(resolve));
      await process.stop();
    }
    await log.send([encodeCommand(startOf('run-1'))]);
    expect(await untilStarted(log, 'run-1', 'throws')).toBe(1);
    expect(await log.deadLetters()).toEqual([]);
  });
});
