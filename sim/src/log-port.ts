import { Fault, partitionOf } from '@fermata/contracts';
import type { AppendOutcome, LogPort, NewRecord, Place } from '@fermata/log';
import { SimReader } from './sim-reader';
import type { Wire } from './wire';

/** The log as one process has it: each call takes time, and may go wrong. */
export function portOf(wire: Wire): LogPort {
  const { broker, groups, process } = wire;
  const { partitions } = broker.options;
  return {
    partitions,
    send: (commands) => send(wire, commands),
    append: (partition, base, records) => append(wire, partition, base, records),
    async open(topic, partition, from) {
      await call(wire, `open ${topic}/${partition} from ${from}`, () =>
        broker.checkRange(topic, partition, from),
      );
      return new SimReader(wire, broker.shelf(topic, partition), from);
    },
    end: (topic, partition) =>
      call(wire, `end ${topic}/${partition}`, () => broker.end(topic, partition)),
    ...namesOf(wire),
    join: (group, assigned) => groups.join(group, process, assigned),
    close: async () => undefined,
  };
}

function namesOf(wire: Wire) {
  const { broker } = wire;
  const { latest, letters } = broker;
  return {
    putLatest: async (name, value) => {
      await call(wire, `put ${name}`, () => latest.set(name, value));
    },
    putLatestIf: (name, value, expected) =>
      call(wire, `put ${name} if`, () => {
        if ((latest.get(name) ?? null) !== expected) return false;
        latest.set(name, value);
        return true;
      }),
    dropLatest: async (name) => {
      await call(wire, `drop ${name}`, () => latest.delete(name));
    },
    getLatest: (name) => call(wire, `get ${name}`, () => latest.get(name) ?? null),
    listLatest: (prefix) =>
      call(wire, `list ${prefix}`, () => {
        return new Map([...latest].filter(([name]) => name.startsWith(prefix)).sort());
      }),
    putParts: (partition, parts) =>
      call(wire, `put ${parts.length} parts of ${partition}`, () =>
        broker.putParts(partition, parts),
      ),
    async *readParts(_partition, places) {
      for (const place of places) {
        yield await call(wire, `part ${place}`, () => broker.parts[place]?.text ?? null);
      }
    },
    dropParts: (partition, names) =>
      call(wire, `drop ${names.length} parts of ${partition}`, () =>
        broker.dropParts(partition, names),
      ),
    putDeadLetter: async (letter) => {
      const name = `${letter.topic}/${letter.partition}/${letter.offset}`;
      await call(wire, `dead letter ${name}: ${letter.code}`, () => letters.set(name, letter));
    },
    deadLetters: () => call(wire, 'dead letters', () => [...letters.values()]),
    commitPlace: (group, partition, place) =>
      call(wire, `commit ${group}/${partition} at ${place.offset}`, () =>
        broker.commitPlace(group, partition, place),
      ),
    committedPlace: (group, partition) =>
      call(wire, `place of ${group}/${partition}`, () => hintOf(wire, group, partition)),
  } satisfies Partial<LogPort>;
}

/** A committed place is a hint: it may have expired, and it may be an old one. */
function hintOf({ broker, faults, world }: Wire, group: string, partition: number): Place | null {
  const places = broker.places.get(`${group}/${partition}`) ?? [];
  if (!faults.hintIsWrong()) return places[places.length - 1] ?? null;
  return world.random.pick([null, ...places]);
}

async function send(wire: Wire, commands: readonly NewRecord[]): Promise<void> {
  const { partitions } = wire.broker.options;
  const byPartition = Map.groupBy(commands, ({ key }) => partitionOf(key, partitions));
  await Promise.all([...byPartition].map(([partition, batch]) => sendTo(wire, partition, batch)));
}

/** Stores commands in one partition, which need not be the one of their key. */
export async function sendTo(
  wire: Wire,
  partition: number,
  commands: readonly NewRecord[],
): Promise<void> {
  const ids = commands.map(({ headers }) => headers['ce_id']).join(', ');
  await call(wire, `send to ${partition}: ${ids}`, () =>
    wire.broker.store('commands', partition, commands),
  );
}

async function append(
  wire: Wire,
  partition: number,
  base: number,
  records: readonly NewRecord[],
): Promise<AppendOutcome> {
  const fences = `${records[0]?.headers['fence']} (${records.length})`;
  try {
    return await call(wire, `append ${fences} to ${partition} at ${base}`, () =>
      wire.broker.append(partition, base, records),
    );
  } catch (cause) {
    return { kind: 'unknown', cause };
  }
}

/** One call over the network, with its fate. */
export function call<T>(wire: Wire, name: string, apply: () => T): Promise<T> {
  const { world, process, faults } = wire;
  if (process.isDead) return new Promise(() => undefined);
  const fate = faults.fate(wire.canCrash, name.startsWith('append'));
  if (fate.kind !== 'heard') world.tally.add(`call ${fate.kind}`);
  if (fate.crash !== 'never') world.tally.add(`crash ${fate.crash}`);
  world.note(() => `${name} … ${fate.kind}${fate.crash === 'never' ? '' : `, dies ${fate.crash}`}`);
  return new Promise((resolve, reject) => {
    const arrive = (): void => {
      const result = outcomeOf(apply);
      if (fate.crash === 'arrived') process.crash();
      if (fate.kind === 'unheard' || fate.kind === 'late') return;
      world.after(fate.backMs, () => result(resolve, reject), process);
    };
    if (fate.crash === 'unsent') {
      process.crash();
      return;
    }
    if (fate.kind !== 'lost') world.after(fate.kind === 'late' ? fate.lateMs : fate.outMs, arrive);
    if (fate.kind === 'doubled') world.after(fate.outMs + fate.lateMs, () => void outcomeOf(apply));
    if (fate.kind !== 'heard' && fate.kind !== 'doubled') {
      world.after(fate.givenUpMs, () => reject(unavailable(name)), process);
    }
    if (fate.crash === 'sent') process.crash();
  });
}

type Tell<T> = (resolve: (value: T) => void, reject: (error: unknown) => void) => void;

/** Does what was asked; gives how its sender is told. */
function outcomeOf<T>(apply: () => T): Tell<T> {
  try {
    const value = apply();
    return (resolve) => resolve(value);
  } catch (error) {
    return (_, reject) => reject(error);
  }
}

function unavailable(name: string): Fault {
  return new Fault('LOG_UNAVAILABLE', `expected an answer to "${name}", found none in time`, true);
}
