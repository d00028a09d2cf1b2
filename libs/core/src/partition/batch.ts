import {
  encodeEvent,
  LIMITS,
  type Ceilings,
  type Definition,
  type Event,
  type WireRecord,
} from '@fermata/contracts';
import type { Graph } from '../graph/graph';
import { openAttemptsOf, type RunState } from '../run/state';
import type { PartitionState, RememberedCommand } from './partition-state';

/** What one tenant may have in one partition. */
export interface TenantLimits {
  /** Attempts that are open; what is ready beyond waits. */
  readonly openAttemptsMax: number;
  /** Steps that wait for an attempt; beyond it no run is started. */
  readonly queuedStepsMax: number;
  /** Bytes that its open runs may hold, about; beyond it no run is started. */
  readonly heldBytesMax?: number;
  /** What the operator allows any definition, also one that was deployed before that was less. */
  readonly ceilings?: Ceilings;
}

/** A definition with its compiled graph. */
export interface LoadedDefinition {
  readonly definition: Definition;
  readonly graph: Graph;
}

/** Finds a definition by its hash; the owner has loaded what the batch may need. */
export type DefinitionSource = (hash: string) => LoadedDefinition | undefined;

/**
 * Decisions on a batch of commands, over an overlay that is thrown away if their append is not
 * confirmed: the partition's own state does not change here.
 */
export interface Batch {
  readonly partition: number;
  readonly state: PartitionState;
  readonly at: number;
  readonly definitionOf: DefinitionSource;
  readonly events: Event[];
  /** The same events, as they are appended. */
  readonly records: WireRecord[];
  /** Size of the records, about: one append must fit into what a log takes at once. */
  bytes: number;
  /** Steps of evaluating that its decisions took: one batch must not work for seconds. */
  steps: number;
  readonly runs: Map<string, RunState>;
  readonly commands: Map<string, RememberedCommand>;
  readonly lives: Map<string, number>;
  readonly recorded: Set<string>;
  readonly limits: TenantLimits;
  /** Open attempts of each tenant that the batch changed them for. */
  readonly openOf: Map<string, number>;
  /** Bytes that the batch added to what the open runs of a tenant hold, at most. */
  readonly grown: Map<string, number>;
  /** Tenants of whom a step was queued in this batch. */
  readonly queuing: Set<string>;
}

/** Begins a batch at a moment of the owner's clock, which log time never goes behind (R3). */
export function openBatch(
  partition: number,
  state: PartitionState,
  wall: number,
  definitionOf: DefinitionSource,
  limits: TenantLimits = LIMITS,
): Batch {
  return {
    partition,
    state,
    at: Math.max(wall, state.at),
    definitionOf,
    events: [],
    records: [],
    bytes: 0,
    steps: 0,
    runs: new Map(),
    commands: new Map(),
    lives: new Map(),
    recorded: new Set(),
    limits,
    openOf: new Map(),
    grown: new Map(),
    queuing: new Set(),
  };
}

/** Whether a batch has grown to what one append should hold, or has taken its time. */
export function isFull(batch: Batch): boolean {
  return batch.bytes >= LIMITS.commitBytesMax || batch.steps >= LIMITS.batchStepsMax;
}

/** Adds an event to what the batch will append. */
export function add(batch: Batch, event: Event, record: WireRecord = encodeEvent(event)): void {
  batch.events.push(event);
  if (event.type === 'StepQueued') batch.queuing.add(event.tenant);
  batch.records.push(record);
  batch.bytes += sizeOf(record);
}

/** A run as the batch's decisions left it. */
export function runOf(batch: Batch, key: string): RunState | undefined {
  const open = batch.runs.get(key) ?? batch.state.runs.get(key);
  return open ?? (isForgotten(batch, key) ? undefined : batch.state.ended.get(key)?.run);
}

/** Whether a run's key is free by now: the first event of the batch makes a fold forget the run. */
export function isForgotten(batch: Batch, key: string): boolean {
  const ended = batch.state.ended.get(key);
  return ended !== undefined && ended.keyFreeAt <= batch.at;
}

/** Sets a run's state after a decision. */
export function setRun(batch: Batch, key: string, run: RunState): void {
  const { tenant } = run;
  const change = openAttemptsOf(run) - openAttemptsOf(runOf(batch, key));
  if (change !== 0) batch.openOf.set(tenant, openOf(batch, tenant) + change);
  batch.runs.set(key, run);
}

/** Attempts of a tenant that are open after the batch's decisions. */
export function openOf(batch: Batch, tenant: string): number {
  return batch.openOf.get(tenant) ?? batch.state.openOf.get(tenant) ?? 0;
}

/** Bytes that a tenant's open runs hold after the batch's decisions, at most. */
export function heldOf(batch: Batch, tenant: string): number {
  return (batch.state.heldOf.get(tenant) ?? 0) + (batch.grown.get(tenant) ?? 0);
}

/** Key and headers of an event, about. */
const HEADERS_BYTES = 300;

/** Bytes of a record in an append, or somewhat more. */
export function sizeOf({ value }: WireRecord): number {
  return bytesOf(value) + HEADERS_BYTES;
}

const NOT_ASCII = /[^\0-\x7f]/;

/** Bytes of a text in UTF-8; a character of four bytes counts as two of three. */
function bytesOf(text: string): number {
  let bytes = text.length;
  if (!NOT_ASCII.test(text)) return bytes;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) bytes += code > 0x7ff ? 2 : 1;
  }
  return bytes;
}
