import { decodeEvent, encodeCommand, pathOf, type Command, type Event } from '@fermata/contracts';
import { AcceptedReader, memoryLog, ORIGIN, type LogPort } from '@fermata/log';
import { CommandLoop } from './command-loop';
import { DefinitionStore } from './definition-store';
import { deploy, HASH, startOf } from './flow.fixture';
import { hashOf, prefixOfRoots, readRoot, writeRoot, type Root } from './restore-point';
import { schedulerConfig, type SchedulerConfig } from './scheduler.config';

function start(run: string, input: unknown = {}): Command {
  const data = { workflow: { name: 'flow', version: '1.0.0', hash: HASH }, input };
  return startOf(run, { data } as Partial<Command>);
}

function complete(run: string): Command {
  const data = { step: pathOf('a'), attempt: 1, runner: 'r-1', output: { of: run } };
  return startOf(run, { id: `done-${run}`, type: 'CompleteAttempt', data });
}

/** A log that tells from which offsets its log was read, and when a restore point was stored. */
class Watched {
  readonly openedAt: number[] = [];
  readonly port: LogPort;
  private stored: () => void = () => undefined;

  constructor(log: LogPort) {
    this.port = {
      ...log,
      open: (topic, partition, from) => {
        if (topic === 'log') this.openedAt.push(from);
        return log.open(topic, partition, from);
      },
      putLatest: async (name, value) => {
        await log.putLatest(name, value);
        this.stored();
      },
    };
  }

  /** The next restore point that is stored. */
  next(): Promise<void> {
    return new Promise((resolve) => (this.stored = resolve));
  }
}

async function rootOf(log: LogPort): Promise<Root> {
  const roots = [...(await log.listLatest(prefixOfRoots(0))).values()].map(readRoot);
  const root = roots.at(-1);
  if (!root) throw new Error('expected a restore point');
  return root;
}

describe('the restore points of a partition', () => {
  let log: LogPort;

  beforeEach(async () => {
    log = memoryLog(1);
    await deploy(log);
  });

  function loopOn(port: LogPort, said: Partial<SchedulerConfig> = {}): CommandLoop {
    const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
    const config = schedulerConfig({ pause, restoreEveryEvents: 1, ...said });
    return new CommandLoop(port, 0, new DefinitionStore(port), config);
  }

  /** Runs an owner that writes a restore point after each command, and stops it. */
  async function own(commands: readonly Command[]): Promise<readonly number[]> {
    const watched = new Watched(log);
    const loop = loopOn(watched.port);
    const running = loop.run();
    for (const command of commands) {
      const stored = watched.next();
      await log.send([encodeCommand(command)]);
      await until((event) => event.causationId === command.id);
      await stored;
    }
    loop.stop();
    await running;
    return watched.openedAt;
  }

  async function until(wanted: (event: Event) => boolean): Promise<void> {
    const reader = await AcceptedReader.open(log, 0, ORIGIN);
    for (let found = false; !found; ) {
      const batch = await reader.next(1_000);
      found = (batch?.records ?? []).some(({ record }) => wanted(decodeEvent(record)));
    }
    reader.close();
  }

  const eventsOf = async (run: string): Promise<string[]> => {
    const reader = await AcceptedReader.open(log, 0, ORIGIN);
    const batch = await reader.next(10_000);
    reader.close();
    const events = (batch?.records ?? []).map(({ record }) => decodeEvent(record));
    return events.filter((event) => event.run === run).map(({ type }) => type);
  };

  it('are what a new owner goes on from: it reads the rest of the log alone', async () => {
    await own(['r1', 'r2', 'r3'].map((run) => start(run)));
    const { place } = await rootOf(log);
    expect(place.offset).toBeGreaterThan(3);
    const openedAt = await own([complete('r1'), start('r2', { other: true })]);
    expect(Math.min(...openedAt)).toBe(place.offset);
    expect(await eventsOf('r1')).toEqual(expect.arrayContaining(['StepCompleted', 'RunCompleted']));
    // What was remembered of the command's body came back with it.
    expect(await eventsOf('r2')).toContain('CommandRejected');
  });

  it('are not read when a piece is missing or another: the log is folded instead', async () => {
    await own([start('r1'), start('r2')]);
    const root = await rootOf(log);
    const [first] = root.pieces;
    const odd = { name: 'odd', text: '["run","acme/r1",7]\n' };
    const [place = 0] = await log.putParts(0, [odd]);
    const torn: readonly Partial<Root>[] = [
      { pieces: root.pieces.map((piece) => ({ ...piece, hash: '0'.repeat(64) })) },
      { pieces: [...root.pieces, { ...(first ?? { number: 0, hash: '' }), place: 9_999 }] },
      { pieces: [...root.pieces, { number: 9, place, hash: hashOf(odd.text) }] },
      { version: root.version + 1 },
      { keyWindowMs: root.keyWindowMs + 1 },
    ];
    const whole = writeRoot(root);
    const stored = torn.map((change) => writeRoot({ ...root, ...change }));
    for (const [index, text] of [...stored, `${whole.slice(0, -2)}9}`].entries()) {
      for (const name of (await log.listLatest(prefixOfRoots(0))).keys())
        await log.dropLatest(name);
      await log.putLatest(`${prefixOfRoots(0)}${root.epoch}`, text);
      expect(await own([start(`late-${index}`)])).toContain(0);
    }
    await own([complete('r1')]);
    expect(await eventsOf('r1')).toContain('RunCompleted');
  });

  it('stop a partition whose log lost what they were made of', async () => {
    await own([start('r1'), start('r2')]);
    const root = await rootOf(log);
    const name = `${prefixOfRoots(0)}${root.epoch}`;
    const lost: Partial<Root>[] = [
      { place: { ...root.place, offset: 9_999 } },
      { place: { ...root.place, seq: root.place.seq + 1 } },
      // Another owner's claim has the numbers of the one that was lost, but not its name.
      { place: { offset: 0, epoch: 1, seq: 1 }, event: 'partition/0#claim-1-lost' },
    ];
    for (const said of lost) {
      await log.putLatest(name, writeRoot({ ...root, ...said }));
      await expect(loopOn(log).run()).rejects.toMatchObject({ code: 'LOG_TRUNCATED' });
    }
  });

  it('hold what changed since, and everything anew once that has grown as large', async () => {
    const large = { text: 'x'.repeat(300_000) };
    const runs = Array.from({ length: 12 }, (_, index) => start(`r${index}`, large));
    await own([start('first'), ...runs]);
    const root = await rootOf(log);
    expect(root.next).toBeGreaterThan(root.pieces.length);
    const names = root.pieces.map(({ number }) => number);
    expect(names).toEqual([...names].sort((a, b) => a - b));
    const gone = log.readParts(0, [0]);
    for await (const text of gone) expect(text).toBeNull();
    const openedAt = await own([complete('r3')]);
    expect(Math.min(...openedAt)).toBe(root.place.offset);
    expect(await eventsOf('r3')).toContain('RunCompleted');
  });

  it('of earlier owners are let go of once the next owner has written its own', async () => {
    for (const run of ['r1', 'r2', 'r3']) await own([start(run)]);
    await own([start('r4'), start('r5')]);
    const roots = await log.listLatest(prefixOfRoots(0));
    const { epoch, pieces } = await rootOf(log);
    expect([...roots.keys()]).toEqual([`${prefixOfRoots(0)}${epoch}`]);
    const kept: (string | null)[] = [];
    const upTo = Math.max(...pieces.map(({ place }) => place));
    const places = Array.from({ length: upTo + 1 }, (_, place) => place);
    for await (const text of log.readParts(0, places)) kept.push(text);
    expect(kept.filter((text) => text !== null)).toHaveLength(pieces.length);
  });
});
