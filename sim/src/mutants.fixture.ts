import { decodeCommand, decodeEvent, encodeEvent } from '@fermata/contracts';
import type { PartitionState } from '@fermata/core';
import { CommandLoop } from '@fermata/scheduler';
import {
  fenceOf,
  PartitionWriter,
  withFence,
  type AppendOutcome,
  type FoldedTo,
  type LogPort,
  type NewRecord,
  type Place,
  type Reader,
  type StoredRecord,
} from '@fermata/log';
import { SimDatabase } from './sim-database';
import type { Mutant } from './simulation';

/** A broken system, and how many seeds it may take to see that it is broken. */
export interface Broken {
  readonly mutant: Mutant;
  readonly seedsMax: number;
  /** The rules of which one is to be seen not to hold. */
  readonly rules: readonly string[];
}

interface WriterInside {
  log: LogPort;
  readonly partition: number;
  epoch: number | null;
  folded: FoldedTo;
  fold(record: StoredRecord): boolean;
  foldOwn(records: readonly NewRecord[], base: number): void;
  claim(claimOf: (epoch: number) => NewRecord): Promise<boolean>;
  commit(records: readonly NewRecord[], position: number): Promise<boolean>;
}

const writers = PartitionWriter.prototype as unknown as WriterInside;

/** Breaks methods of the writer; gives what mends them. */
function breakWriter(broken: Partial<WriterInside>): () => void {
  const kept = Object.fromEntries(
    Object.keys(broken).map((name) => [name, writers[name as keyof WriterInside]]),
  );
  Object.assign(writers, broken);
  return () => void Object.assign(writers, kept);
}

/** Breaks the log as schedulers have it. */
function breakSchedulers(change: (port: LogPort) => Partial<LogPort>): Mutant {
  return { port: (role, port) => (role === 'scheduler' ? { ...port, ...change(port) } : port) };
}

/** Takes the late write of an owner that was replaced for a fact. */
function acceptsStaleOwners(): () => void {
  const { fold } = writers;
  return breakWriter({
    fold(this: WriterInside, record) {
      const { epoch, seq, position } = fenceOf(record);
      const { place } = this.folded;
      if (seq === null || epoch >= place.epoch) return fold.call(this, record);
      const fence = { epoch: place.epoch, seq: place.seq + 1, position };
      return fold.call(this, { ...record, ...withFence(record, fence) });
    },
  });
}

/** Goes on with the next append before the last one is confirmed. */
function appendsAhead(): () => void {
  return breakWriter({
    async commit(this: WriterInside, records, position) {
      const { epoch } = this;
      if (epoch === null || epoch !== this.folded.place.epoch) return false;
      const { seq, offset } = this.folded.place;
      const fenced = records.map((record, index) =>
        withFence(record, { epoch, seq: seq + 1 + index, position }),
      );
      void this.log.append(this.partition, offset + 1, fenced);
      this.foldOwn(fenced, offset + 1);
      return true;
    },
  });
}

/** Claims with the position that it knows instead of the one where the claim lands. */
function claimsWithPosition(): () => void {
  const { claim } = writers;
  return breakWriter({
    async claim(this: WriterInside, claimOf) {
      const { log } = this;
      const append: LogPort['append'] = (partition, base, records) => {
        const { position } = this.folded;
        const own = records.map((record) => withFence(record, { ...fenceOf(record), position }));
        return log.append(partition, base, own);
      };
      this.log = { ...log, append };
      try {
        return await claim.call(this, claimOf);
      } finally {
        this.log = log;
      }
    },
  });
}

/** Forgets what a run was asked as soon as the run has ended. */
function forgetsWithTheRun(): () => void {
  const loops = CommandLoop.prototype as unknown as {
    state: PartitionState;
    commit(...args: unknown[]): Promise<boolean>;
  };
  const { commit } = loops;
  loops.commit = async function (this: typeof loops, ...args) {
    const isOwner = await commit.apply(this, args);
    for (const [id, { run }] of this.state.commands) {
      const [tenant = ''] = id.split('/');
      if (this.state.ended.has(`${tenant}/${run}`)) this.state.commands.delete(id);
    }
    return isOwner;
  };
  return () => void (loops.commit = commit);
}

/** Takes an append whose outcome is not known for done. */
function believesTheUnknown(port: LogPort): Partial<LogPort> {
  return {
    async append(partition, base, records): Promise<AppendOutcome> {
      const outcome = await port.append(partition, base, records);
      return outcome.kind === 'unknown' ? { kind: 'appended', base } : outcome;
    },
  };
}

/** Passes over what it sends on before it is stored. */
function forwardsLater(port: LogPort): Partial<LogPort> {
  return {
    async send(commands) {
      void port.send(commands).catch(() => undefined);
    },
  };
}

/** Takes what a parser gives for what was said: no door stands before the scheduler. */
function readsWithoutDoor(port: LogPort): Partial<LogPort> {
  const parsed = (record: StoredRecord): StoredRecord => {
    try {
      const data = JSON.parse(record.value) as object;
      return { ...record, decoded: { ...decodeCommand(record), data } };
    } catch {
      return record;
    }
  };
  return {
    async open(topic, partition, from): Promise<Reader> {
      const reader = await port.open(topic, partition, from);
      if (topic !== 'commands') return reader;
      return {
        get next() {
          return reader.next;
        },
        read: async (...asked) => (await reader.read(...asked)).map(parsed),
        close: () => reader.close(),
      };
    },
  };
}

/** Stamps the clock of the moment, whatever the log says. */
function stampsItsClock(port: LogPort): Partial<LogPort> {
  const stamped = (record: NewRecord): NewRecord => {
    const { value } = encodeEvent({ ...decodeEvent(record), at: Date.now() });
    return { ...record, value };
  };
  return {
    append: (partition, base, records) => port.append(partition, base, records.map(stamped)),
  };
}

/** Takes another process's grant for its own. */
function actsOnForeignGrant(role: string, port: LogPort): LogPort {
  if (role !== 'runner') return port;
  let own = '';
  const pretend = ({ decoded: _, ...record }: StoredRecord): StoredRecord => {
    const event = decodeEvent(record);
    if (event.type !== 'EffectIntended' || own === '') return record;
    const { value } = encodeEvent({ ...event, data: { ...event.data, runner: own } });
    return { ...record, value };
  };
  return {
    ...port,
    async send(commands) {
      for (const { value } of commands)
        own = (JSON.parse(value) as { runner?: string }).runner ?? own;
      await port.send(commands);
    },
    async open(topic, partition, from): Promise<Reader> {
      const reader = await port.open(topic, partition, from);
      const read = async (max: number) => (await reader.read(max)).map(pretend);
      const close = (): void => reader.close();
      return {
        get next() {
          return reader.next;
        },
        read,
        close,
      };
    },
  };
}

/** Lets every projector move the place, from wherever it is. */
function projectsUnguarded(): () => void {
  const databases = SimDatabase.prototype as unknown as {
    readonly positions: Map<number, Place>;
    movePlace(tx: { changes: (() => void)[] }, values: readonly number[]): unknown;
  };
  const { movePlace } = databases;
  databases.movePlace = function (this: typeof databases, tx, values) {
    const [partition = 0, offset = 0, epoch = 0, seq = 0] = values;
    tx.changes.push(() => this.positions.set(partition, { offset, epoch, seq }));
    return { rowCount: 1, rows: [] };
  };
  return () => void (databases.movePlace = movePlace);
}

const DECIDED = [
  'no command is decided twice',
  'replay equals live',
  'a run starts once, and first',
];
const READ_ALIKE = ['all readers accept the same records', 'readers take what is stored'];
const GAP = 'the log has no gap: each record follows the one before';

/** Ways to break the commit protocol and the grant of effects, each of which must be seen. */
export const BROKEN: Readonly<Record<string, Broken>> = {
  'an acceptance rule that takes stale owners for owners': {
    mutant: { install: acceptsStaleOwners },
    seedsMax: 20,
    rules: READ_ALIKE,
  },
  'two appends in flight': {
    mutant: { install: appendsAhead },
    seedsMax: 20,
    rules: [GAP, ...READ_ALIKE],
  },
  'a claim with a position of its own': {
    mutant: { install: claimsWithPosition },
    seedsMax: 100,
    rules: ['the position in the commands never goes back'],
  },
  'keys that die with their run': {
    mutant: { install: forgetsWithTheRun },
    seedsMax: 20,
    rules: DECIDED,
  },
  'an unknown outcome that is taken for a success': {
    mutant: breakSchedulers(believesTheUnknown),
    seedsMax: 20,
    rules: [GAP, ...READ_ALIKE],
  },
  'forwarding after the append': {
    mutant: breakSchedulers(forwardsLater),
    seedsMax: 60,
    rules: ['a command that went astray is sent on, or a dead letter, before it is passed'],
  },
  'a door that lets -0 in': {
    mutant: breakSchedulers(readsWithoutDoor),
    seedsMax: 60,
    rules: ['replay equals live'],
  },
  'a stamp of the clock alone': {
    mutant: breakSchedulers(stampsItsClock),
    seedsMax: 20,
    rules: ['log time never goes back', ...READ_ALIKE],
  },
  'a projection whose place nobody guards': {
    mutant: { install: projectsUnguarded },
    seedsMax: 120,
    rules: ['the read model equals one folded anew', 'the projection takes in all of the log'],
  },
  'an effect on the grant of another': {
    mutant: { port: actsOnForeignGrant },
    seedsMax: 60,
    rules: ['no effect without its intent', ...READ_ALIKE],
  },
};
