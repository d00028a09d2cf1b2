import { Fault, partitionOf } from '@fermata/contracts';
import type { Place } from './acceptance';
import { FirstLetters } from './first-letters';
import type {
  AppendOutcome,
  DeadLetter,
  LogPort,
  NewRecord,
  Part,
  Reader,
  StoredRecord,
  Topic,
} from './port';

/** One partition of one topic, with the readers that wait for its next record. */
interface Shelf {
  readonly records: StoredRecord[];
  readonly waiting: Set<() => void>;
}

function store(shelf: Shelf, partition: number, records: readonly NewRecord[]): void {
  for (const record of records) {
    shelf.records.push({ ...record, partition, offset: shelf.records.length });
  }
  for (const wake of shelf.waiting) wake();
  shelf.waiting.clear();
}

function readerOf(shelf: Shelf, from: number): Reader {
  let next = from;
  let open = true;
  let wake: (() => void) | undefined;
  return {
    get next() {
      return next;
    },
    async read(max) {
      while (open && next >= shelf.records.length) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          shelf.waiting.add(resolve);
        });
      }
      const batch = open ? shelf.records.slice(next, next + max) : [];
      next += batch.length;
      return batch;
    },
    close() {
      open = false;
      wake?.();
    },
  };
}

type Parts = Pick<LogPort, 'putParts' | 'readParts' | 'dropParts'>;

function partsInMemory(): Parts {
  const kept = new Map<number, Part & { readonly partition: number }>();
  let next = 0;
  return {
    async putParts(partition, parts) {
      for (const part of parts) kept.set(next++, { ...part, partition });
      return parts.map((_, index) => next - parts.length + index);
    },
    async *readParts(_partition, places) {
      for (const place of places) yield kept.get(place)?.text ?? null;
    },
    async dropParts(partition, names) {
      const dropped = new Set(names);
      for (const [place, part] of kept) {
        if (part.partition === partition && dropped.has(part.name)) kept.delete(place);
      }
    },
  };
}

/** A log in this process's memory, for tests and simulation: nothing outlives the process. */
export function memoryLog(partitions = 4): LogPort {
  const shelves = new Map<string, Shelf>();
  const latest = new Map<string, string>();
  const letters = new Map<string, DeadLetter>();
  const places = new Map<string, Place>();
  const shelf = (topic: Topic, partition: number): Shelf => {
    const name = `${topic}/${partition}`;
    const found = shelves.get(name) ?? { records: [], waiting: new Set() };
    shelves.set(name, found);
    return found;
  };
  return {
    partitions,
    async send(commands) {
      for (const command of commands) {
        const partition = partitionOf(command.key, partitions);
        store(shelf('commands', partition), partition, [command]);
      }
    },
    async append(partition, base, records): Promise<AppendOutcome> {
      const log = shelf('log', partition);
      if (log.records.length !== base) return { kind: 'conflict' };
      store(log, partition, records);
      return { kind: 'appended', base };
    },
    async open(topic, partition, from) {
      const { records } = shelf(topic, partition);
      if (from <= records.length) return readerOf(shelf(topic, partition), from);
      const found = `expected ${topic} of partition ${partition} to hold offset ${from}`;
      throw new Fault('LOG_TRUNCATED', `${found}, found its end at ${records.length}`);
    },
    end: async (topic, partition) => shelf(topic, partition).records.length,
    async putLatest(name, value) {
      latest.set(name, value);
    },
    async putLatestIf(name, value, expected) {
      if ((latest.get(name) ?? null) !== expected) return false;
      latest.set(name, value);
      return true;
    },
    async dropLatest(name) {
      latest.delete(name);
    },
    getLatest: async (name) => latest.get(name) ?? null,
    listLatest: async (prefix) =>
      new Map([...latest].filter(([name]) => name.startsWith(prefix)).sort()),
    ...partsInMemory(),
    async putDeadLetter(letter) {
      letters.set(`${letter.topic}/${letter.partition}/${letter.offset}`, letter);
    },
    deadLetters: async (wanted, extent) => {
      const first = new FirstLetters(wanted, extent);
      for (const letter of letters.values()) first.add(letter);
      return first.letters;
    },
    async commitPlace(group, partition, place) {
      places.set(`${group}/${partition}`, place);
    },
    committedPlace: async (group, partition) => places.get(`${group}/${partition}`) ?? null,
    join: async (_group, assigned) => {
      assigned(Array.from({ length: partitions }, (_, partition) => partition));
      return { leave: async () => assigned([]) };
    },
    close: async () => undefined,
  };
}
