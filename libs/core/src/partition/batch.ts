import {
  encodeEvent,
  LIMITS,
  type Definition,
  type Event,
  type WireRecord,
} from '@fermata/contracts';
import type { Graph } from '../graph/graph';
import type { RunState } from '../run/state';
import type { PartitionState, RememberedCommand } from './partition-state';

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
  readonly runs: Map<string, RunState>;
  readonly commands: Map<string, RememberedCommand>;
  readonly lives: Map<string, number>;
  readonly recorded: Set<string>;
}

/** Begins a batch at a moment of the owner's clock, which log time never goes behind (R3). */
export function openBatch(
  partition: number,
  state: PartitionState,
  wall: number,
  definitionOf: DefinitionSource,
): Batch {
  return {
    partition,
    state,
    at: Math.max(wall, state.at),
    definitionOf,
    events: [],
    records: [],
    bytes: 0,
    runs: new Map(),
    commands: new Map(),
    lives: new Map(),
    recorded: new Set(),
  };
}

/** Whether a batch has grown to what one append should hold. */
export function isFull(batch: Batch): boolean {
  return batch.bytes >= LIMITS.commitBytesMax;
}

/** Adds an event to what the batch will append. */
export function add(batch: Batch, event: Event, record: WireRecord = encodeEvent(event)): void {
  batch.events.push(event);
  batch.records.push(record);
  batch.bytes += sizeOf(record);
}

/** Key and headers of an event, about. */
const HEADERS_BYTES = 300;

/** Bytes of a record in an append, about: characters stand for bytes. */
export function sizeOf(record: WireRecord): number {
  return record.value.length + HEADERS_BYTES;
}
