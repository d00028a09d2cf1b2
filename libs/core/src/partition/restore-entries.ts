import { endsRun, type Definition, type Event, type Json, type StepPath } from '@fermata/contracts';
import { emptyMap, setEntry } from '../persistent-map';
import { stepsOf, type RunState } from '../run/state';
import { UNTOUCHED, type StepState } from '../steps/kind';
import { heldBy } from './held';
import {
  armAll,
  forget,
  holdMore,
  lifeOf,
  recount,
  runKeyOf,
  setLast,
  sharing,
  type EndedRun,
  type PartitionState,
  type RememberedCommand,
} from './partition-state';

/**
 * Version of what the entries say. It rises whenever the state of a partition or of a run gets,
 * loses or changes a field: entries of another version are not read, and the log is folded instead.
 */
export const ENTRIES_VERSION = 6;

/** One thing that a partition remembers, under its name; an open run is null once it has ended. */
export type RestoreEntry =
  | readonly ['definition', string, Definition]
  | readonly ['life', string, number]
  | readonly ['ended', string, EndedRun]
  | readonly ['command', string, RememberedCommand]
  | readonly ['run', string, RunState | null];

/** Names of what events have touched. */
export interface Touched {
  readonly runs: Set<string>;
  readonly commands: Set<string>;
  readonly definitions: Set<string>;
}

/** What no event has touched yet. */
export function nothingTouched(): Touched {
  return { runs: new Set(), commands: new Set(), definitions: new Set() };
}

/** Notes what a folded event may have changed. */
export function touch(touched: Touched, event: Event): void {
  const { tenant, commandDigest, causationId, run } = event;
  if (commandDigest !== undefined) {
    const key = `${tenant}/${causationId}`;
    // The last touched stand last, as in the state.
    touched.commands.delete(key);
    touched.commands.add(key);
  }
  if (event.type === 'DefinitionRecorded') touched.definitions.add(event.data.hash);
  else if (tenant !== null && event.sequence > 0) {
    const key = runKeyOf(tenant, run);
    // Runs stand in the order of their ends, as in the state: the oldest is forgotten first.
    if (endsRun(event)) touched.runs.delete(key);
    touched.runs.add(key);
  }
}

/** Everything that a partition remembers. */
export function* entriesOfState(state: PartitionState): Generator<RestoreEntry> {
  for (const [key, definition] of state.definitions) yield ['definition', key, definition];
  for (const [key, life] of state.lives) yield ['life', key, life];
  for (const [key, ended] of state.ended) yield ['ended', key, ended];
  for (const [key, command] of state.commands) yield ['command', key, command];
  for (const [key, run] of state.runs) yield ['run', key, run];
}

/** What was touched, as it is now. */
export function* entriesTouched(state: PartitionState, touched: Touched): Generator<RestoreEntry> {
  for (const key of touched.definitions) {
    const definition = state.definitions.get(key);
    if (definition !== undefined) yield ['definition', key, definition];
  }
  for (const key of touched.runs) {
    const run = state.runs.get(key);
    yield ['run', key, run ?? null];
    const ended = state.ended.get(key);
    if (ended !== undefined) yield ['ended', key, ended];
    const [first] = lifeOf(key);
    const life = state.lives.get(first);
    if (life !== undefined) yield ['life', first, life];
  }
  for (const key of touched.commands) {
    const command = state.commands.get(key);
    if (command !== undefined) yield ['command', key, command];
  }
}

/** An entry as a line of JSON. */
export function lineOf([kind, key, value]: RestoreEntry): string {
  return JSON.stringify([kind, key, writable(kind, value)]);
}

/** Takes one line over into a state that is being restored. */
export function restoreLine(state: PartitionState, line: string): void {
  const [kind, key, value] = JSON.parse(line) as RestoreEntry;
  switch (kind) {
    case 'definition':
      state.definitions.set(key, value);
      break;
    case 'life':
      state.lives.set(key, value);
      break;
    case 'ended':
      state.ended.set(key, { ...value, run: readRun(state, value.run as unknown as WrittenRun) });
      break;
    case 'command':
      setLast(state.commands, key, value);
      break;
    case 'run':
      restoreRun(state, key, value as WrittenRun | null);
  }
}

/**
 * Ends a restore at a moment of log time: what has passed its window is dropped, as in a fold. Runs
 * were written in the order in which events touched them, not in which they ended.
 */
export function restoredAt(state: PartitionState, at: number): void {
  state.at = at;
  const ended = [...state.ended].sort(([, one], [, other]) => one.keyFreeAt - other.keyFreeAt);
  state.ended.clear();
  for (const [key, run] of ended) state.ended.set(key, run);
  forget(state);
}

function restoreRun(state: PartitionState, key: string, written: WrittenRun | null): void {
  const before = state.runs.get(key);
  if (written === null) {
    if (before !== undefined) armAll(state, key, { ...before, status: 'completed' });
    recount(state, before, undefined);
    if (before !== undefined) holdMore(state, before.tenant, -heldBy(before));
    state.runs.delete(key);
    return;
  }
  const run = readRun(state, written);
  recount(state, before, run);
  holdMore(state, run.tenant, heldBy(run) - heldBy(before));
  state.runs.set(key, run);
  armAll(state, key, run);
}

/** A run with its steps as a list, and without what was never set. */
type WrittenRun = Omit<RunState, 'steps' | 'output'> & {
  readonly output?: Json | undefined;
  readonly steps: readonly (readonly [StepPath, Partial<StepState>])[];
};

function writable(kind: RestoreEntry[0], value: unknown): unknown {
  if (kind === 'run') return value === null ? null : writeRun(value as RunState);
  if (kind !== 'ended') return value;
  const ended = value as EndedRun;
  return { ...ended, run: writeRun(ended.run) };
}

function writeRun(run: RunState): WrittenRun {
  return { ...run, steps: [...stepsOf(run)].map(([id, step]) => [id, touchedFields(step)]) };
}

function touchedFields(step: StepState): Partial<StepState> {
  const fields = Object.entries(step) as [keyof StepState, StepState[keyof StepState]][];
  return Object.fromEntries(fields.filter(([name, value]) => value !== UNTOUCHED[name]));
}

function readRun(state: PartitionState, written: WrittenRun): RunState {
  const { output, steps: list, ...rest } = written;
  let steps = emptyMap<StepState, StepPath>();
  for (const [id, fields] of list) steps = setEntry(steps, id, { ...UNTOUCHED, ...fields });
  return sharing(state, { ...rest, output, steps });
}
