import {
  LIMITS,
  stepPath,
  type Definition,
  type Event,
  type RunEvent,
  type StepPath,
} from '@fermata/contracts';
import { emptyMap } from '../persistent-map';
import { evolve } from '../run/evolve';
import { dueAt, RUN_TIMER, type Timer } from '../run/fire-timers';
import { hasEnded, openAttemptsOf, queuedSince, stepsOf, type RunState } from '../run/state';
import type { StepState } from '../steps/kind';
import { changeBy } from './held';
import { TimerQueue } from './timer-queue';

/** What became of a command that may come again: its body's digest and its first outcome. */
export interface RememberedCommand {
  readonly digest: string;
  /** `accepted`, or the code of the rejection. */
  readonly outcome: string;
  readonly run: string;
  readonly expiresAt: number;
}

/** A run that ended: enough to answer for its key until the key is free again. */
export interface EndedRun {
  readonly run: RunState;
  readonly keyFreeAt: number;
}

/**
 * Everything that one partition remembers, folded from its log: only `fold` changes it, and only
 * after the events are confirmed.
 */
export interface PartitionState {
  /** Log time: the stamp of the last event; never goes back (rule R3). */
  at: number;
  /** Open runs, by tenant/run. */
  readonly runs: Map<string, RunState>;
  /** Runs that ended less than the key window ago, by tenant/run, oldest first. */
  readonly ended: Map<string, EndedRun>;
  /** Number of the last life of each key that had more than one. */
  readonly lives: Map<string, number>;
  /** Keyed commands (rule R5), by tenant/id, oldest first. */
  readonly commands: Map<string, RememberedCommand>;
  readonly definitions: Map<string, Definition>;
  readonly timers: TimerQueue;
  /** Open attempts by tenant; who has none is absent. */
  readonly openOf: Map<string, number>;
  /** Bytes that the open runs of each tenant hold, about; who has none is absent. */
  readonly heldOf: Map<string, number>;
  /** Steps that wait for an attempt to be closed, by tenant; the longest waiting is first. */
  readonly queued: Map<string, TimerQueue>;
  /** How long a command's key and an ended run's key stay taken, in milliseconds of log time. */
  readonly keyWindowMs: number;
}

/** A partition that nothing happened in yet. */
export function emptyPartition(keyWindowMs: number): PartitionState {
  return {
    at: 0,
    runs: new Map(),
    ended: new Map(),
    lives: new Map(),
    commands: new Map(),
    definitions: new Map(),
    timers: new TimerQueue(),
    openOf: new Map(),
    heldOf: new Map(),
    queued: new Map(),
    keyWindowMs,
  };
}

/** The name of a run's timer, of the run itself or of one of its steps. */
export function timerKey(runKey: string, timer: Timer): string {
  return `${runKey}#${timer}`;
}

/** Run and timer that a timer's name stands for. */
export function timerOf(key: string): { readonly runKey: string; readonly timer: Timer } {
  const cut = key.lastIndexOf('#');
  const name = key.slice(cut + 1);
  const timer = name === RUN_TIMER ? RUN_TIMER : stepPath.parse(name);
  return { runKey: key.slice(0, cut), timer };
}

/** Where a run is remembered: its tenant is part of its name, so that tenants never touch. */
export function runKeyOf(tenant: string, run: string): string {
  return `${tenant}/${run}`;
}

/** Folds one confirmed event. */
export function fold(state: PartitionState, event: Event): void {
  state.at = Math.max(state.at, event.at);
  remember(state, event);
  switch (event.type) {
    case 'DefinitionRecorded':
      state.definitions.set(event.data.hash, event.data.definition);
      break;
    case 'PartitionClaimed':
    case 'PositionAdvanced':
    case 'CommandRejected':
    case 'CommandDuplicated':
    case 'KeyReserved':
      break;
    default:
      foldRunEvent(state, event);
  }
  forget(state);
}

function foldRunEvent(state: PartitionState, event: RunEvent): void {
  const key = runKeyOf(event.tenant, event.run);
  const ended = state.ended.get(key);
  const known = state.runs.get(key) ?? ended?.run;
  const before = event.type === 'RunStarted' ? undefined : known;
  const evolved = evolve(before, event);
  if (evolved === undefined) return;
  const run = event.type === 'RunStarted' ? sharing(state, evolved) : evolved;
  recount(state, before, run);
  holdMore(state, run.tenant, changeBy(event, before, run));
  if (event.type === 'RunStarted') noteLife(state, key);
  if (hasEnded(run)) end(state, key, run, ended?.keyFreeAt ?? event.at + state.keyWindowMs);
  else {
    state.runs.set(key, run);
    arm(state, key, run, event);
  }
}

/** What the runs of a definition say of it, once for all: each was read with a copy of its own. */
const ORIGINS = new WeakMap<Definition, Pick<RunState, 'workflow' | 'policy'>>();

/** The run as before, with what it says of its definition in the one place where all have it. */
export function sharing(state: PartitionState, run: RunState): RunState {
  const definition = state.definitions.get(run.workflow.hash);
  if (definition === undefined) return run;
  const known = ORIGINS.get(definition);
  // A run of an older log does not say its policy's digest: it keeps what its own log says.
  if (known?.policy.digest === run.policy.digest) return { ...run, ...known };
  const { workflow, policy } = run;
  if (known === undefined) ORIGINS.set(definition, { workflow, policy });
  return run;
}

/** The key that a run was started under, and which life of it the run is. */
export function lifeOf(runKey: string): readonly [key: string, life: number] {
  const [key = '', life = '1'] = runKey.split('~');
  return [key, Number(life)];
}

function noteLife(state: PartitionState, runKey: string): void {
  const [key, life] = lifeOf(runKey);
  if (life > 1) state.lives.set(key, life);
}

/** Sets the timers that an event moved: its step's, or all when the whole run changed pace. */
function arm(state: PartitionState, key: string, run: RunState, event: RunEvent): void {
  if ('step' in event.data && event.data.step !== null) {
    armStep(state, key, run, event.data.step);
  } else if (event.type !== 'CheckpointReached') armAll(state, key, run);
}

/** Sets or clears all timers of a run as it stands, and its places in the queue. */
export function armAll(state: PartitionState, key: string, run: RunState): void {
  state.timers.set(timerKey(key, RUN_TIMER), dueAt(run, RUN_TIMER));
  for (const [step] of stepsOf(run)) armStep(state, key, run, step);
}

/** Sets when a step is looked at again, and since when it waits for its turn. */
function armStep(state: PartitionState, key: string, run: RunState, step: StepPath): void {
  state.timers.set(timerKey(key, step), dueAt(run, step));
  enqueue(state, run.tenant, timerKey(key, step), queuedSince(run, step));
}

function enqueue(state: PartitionState, tenant: string, key: string, since: number | null): void {
  const known = state.queued.get(tenant);
  if (known === undefined && since === null) return;
  const queue = known ?? new TimerQueue();
  queue.set(key, since);
  if (queue.size === 0) state.queued.delete(tenant);
  else if (known === undefined) state.queued.set(tenant, queue);
}

/** Counts the open attempts of a tenant anew after one of its runs has changed. */
export function recount(
  state: PartitionState,
  before: RunState | undefined,
  after: RunState | undefined,
): void {
  const change = openAttemptsOf(after) - openAttemptsOf(before);
  const tenant = (after ?? before)?.tenant;
  if (change === 0 || tenant === undefined) return;
  const open = (state.openOf.get(tenant) ?? 0) + change;
  if (open > 0) state.openOf.set(tenant, open);
  else state.openOf.delete(tenant);
}

/** Counts what the open runs of a tenant hold anew after one of them has changed. */
export function holdMore(state: PartitionState, tenant: string, change: number): void {
  if (change === 0) return;
  const held = (state.heldOf.get(tenant) ?? 0) + change;
  if (held > 0) state.heldOf.set(tenant, held);
  else state.heldOf.delete(tenant);
}

function end(state: PartitionState, key: string, run: RunState, keyFreeAt: number): void {
  state.runs.delete(key);
  armAll(state, key, run);
  state.ended.set(key, { run: withoutPayloads(run), keyFreeAt });
}

const NO_STEPS = emptyMap<StepState, StepPath>();

/** An ended run answers late results and repeated keys; its payloads stay on the log. */
function withoutPayloads(run: RunState): RunState {
  return { ...run, input: null, output: null, steps: NO_STEPS };
}

function remember(state: PartitionState, event: Event): void {
  if (event.commandDigest === undefined) return;
  setLast(state.commands, `${event.tenant}/${event.causationId}`, {
    digest: event.commandDigest,
    outcome: event.type === 'CommandRejected' ? event.data.code : 'accepted',
    run: event.run,
    expiresAt: keyExpiresAt(state, event.at),
  });
}

/** Sets a key so that it stands last: what is oldest is dropped first. */
export function setLast<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
}

/** How long a command's id is remembered: until a copy of it, whatever its time, is too old. */
export function keyExpiresAt({ keyWindowMs }: PartitionState, at: number): number {
  return at + LIMITS.commandAheadMsMax + keyWindowMs;
}

/** Drops what the window has passed; both maps stand in the order of log time. */
export function forget(state: PartitionState): void {
  for (const [key, { expiresAt }] of state.commands) {
    if (expiresAt > state.at) break;
    state.commands.delete(key);
  }
  for (const [key, { keyFreeAt }] of state.ended) {
    if (keyFreeAt > state.at) break;
    state.ended.delete(key);
    const [lived] = lifeOf(key);
    if (!state.lives.has(lived)) state.lives.set(lived, 1);
  }
}
