import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, decodeEvent, type Event, type JsonObject } from '@fermata/contracts';
import { describeState, emptyPartition, fold, sha256Hex, type PartitionState } from '@fermata/core';
import {
  AcceptedReader,
  fenceOf,
  memoryLog,
  ORIGIN,
  type FoldedTo,
  type LogPort,
  type NewRecord,
  type Reader,
  type StoredRecord,
} from '@fermata/log';

/** Where each release's recorded logs stand. */
export const GOLDEN = join(__dirname, '../../core/src/golden');

/** A record as it stands in a file. */
type Line = Pick<StoredRecord, 'offset' | 'key' | 'headers' | 'value'>;

/** What recorded restore points were made of: roots by name, and pieces by their place. */
export interface GoldenRestorePoints {
  readonly roots: Readonly<Record<string, string>>;
  readonly pieces: Readonly<Record<string, string>>;
}

/** What a log was found to fold to when it was recorded. */
export interface GoldenState {
  readonly keyWindowMs: number;
  /** SHA-256 of the canonical JSON of what follows. */
  readonly hash: string;
  readonly described: JsonObject;
}

/** A log that was recorded, with what it folds to. */
export interface GoldenLog {
  /** Release, adapter and story. */
  readonly name: string;
  readonly records: readonly StoredRecord[];
  readonly restorePoints: GoldenRestorePoints;
  readonly state: GoldenState;
}

/** All logs that were recorded, of all releases. */
export function goldenLogs(): readonly GoldenLog[] {
  return foldersIn(GOLDEN).flatMap((release) =>
    foldersIn(join(GOLDEN, release)).flatMap((adapter) => {
      const folder = join(GOLDEN, release, adapter);
      return foldersIn(folder).map((story) =>
        readGolden(`${release}/${adapter}/${story}`, join(folder, story)),
      );
    }),
  );
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

function readGolden(name: string, folder: string): GoldenLog {
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const lines = read('log.jsonl')
    .split('\n')
    .filter((line) => line !== '');
  return {
    name,
    records: lines.map((line) => ({ ...(JSON.parse(line) as Line), partition: 0 })),
    restorePoints: JSON.parse(read('restore-points.json')) as GoldenRestorePoints,
    state: JSON.parse(read('state.json')) as GoldenState,
  };
}

/** A recorded log as a port: what was on it, where it stood, and nothing that can be written. */
export function portOf({ records, restorePoints: { roots, pieces } }: GoldenLog): LogPort {
  const end = (records.at(-1)?.offset ?? -1) + 1;
  return {
    ...memoryLog(1),
    open: async (topic, _partition, from) => readerOf(topic === 'log' ? records : [], from),
    end: async (topic) => (topic === 'log' ? end : 0),
    listLatest: async (prefix) =>
      new Map(Object.entries(roots).filter(([root]) => root.startsWith(prefix))),
    async *readParts(_partition, places) {
      for (const place of places) yield pieces[place] ?? null;
    },
  };
}

function readerOf(records: readonly StoredRecord[], from: number): Reader {
  let next = from;
  return {
    get next() {
      return next;
    },
    async read(max) {
      const batch = records.filter(({ offset }) => offset >= next).slice(0, max);
      next = (batch.at(-1)?.offset ?? next - 1) + 1;
      return batch;
    },
    close: () => undefined,
  };
}

/** What is accepted of a log, behind what was folded of it before. */
export async function acceptedOf(
  log: LogPort,
  from: FoldedTo = { place: ORIGIN, position: 0 },
): Promise<{ readonly events: readonly Event[]; readonly folded: FoldedTo }> {
  const reader = await AcceptedReader.open(log, 0, from.place);
  const events: Event[] = [];
  let folded = from;
  for (let batch = await reader.next(1_000); batch !== null; batch = await reader.next(1_000)) {
    events.push(...batch.records.map(({ record }) => decodeEvent(record as NewRecord)));
    const position = batch.records
      .map(({ record }) => fenceOf(record).position)
      .reduce<number>((last, at) => at ?? last, folded.position);
    folded = { place: batch.place, position };
  }
  reader.close();
  return { events, folded };
}

/** What events fold to, from a state on. */
export function foldAll(state: PartitionState, events: readonly Event[]): PartitionState {
  for (const event of events) fold(state, event);
  return state;
}

/** What a partition's state and place say, and the hash of it. */
export function stateOf(state: PartitionState, { place, position }: FoldedTo): GoldenState {
  const { offset, epoch, seq } = place;
  const described = { ...describeState(state), place: { offset, epoch, seq }, position };
  return { keyWindowMs: state.keyWindowMs, hash: sha256Hex(canonicalJson(described)), described };
}

/** What a whole log folds to. */
export async function foldedFrom(log: LogPort, keyWindowMs: number): Promise<GoldenState> {
  const { events, folded } = await acceptedOf(log);
  return stateOf(foldAll(emptyPartition(keyWindowMs), events), folded);
}
