import { CommandLoop } from '@fermata/scheduler';
import {
  AcceptedReader,
  PartitionWriter,
  type AcceptedBatch,
  type LogPort,
  type Place,
  type StoredRecord,
} from '@fermata/log';
import type { PartitionState } from '@fermata/core';
import type { SimProcess } from './sim-process';
import type { World } from './world';

/** An owner as it stands: the state that it decides on, and how far it has folded. */
export interface LiveOwner {
  readonly process: SimProcess;
  readonly partition: number;
  readonly state: PartitionState;
  readonly place: Place;
}

/** Hears what the production code reads. */
export interface Observer {
  /** A reader, told apart by `reader`, accepted or dropped what stands at an offset. */
  read(reader: object, partition: number, from: Place, record: StoredRecord, took: boolean): void;
  owns(owner: () => LiveOwner): void;
}

interface WriterInside {
  readonly partition: number;
  readonly at: { readonly place: Place };
  fold(record: StoredRecord): boolean;
}
interface ReaderInside {
  place: Place;
  observed?: { partition: number };
}
interface LoopInside {
  readonly partition: number;
  serve(owned: Owned): Promise<void>;
}
interface Owned {
  readonly writer: PartitionWriter;
  readonly state: PartitionState;
}

/**
 * Looks over the shoulders of the production's readers, without changing what they do; gives
 * what undoes it.
 */
export function observe(world: World, observer: Observer): () => void {
  const undo = [observeWriters(observer), observeReaders(observer), observeOwners(world, observer)];
  return () => {
    for (const one of undo.reverse()) one();
  };
}

function observeWriters(observer: Observer): () => void {
  const writers = PartitionWriter.prototype as unknown as WriterInside;
  const { fold } = writers;
  writers.fold = function (this: WriterInside, record) {
    const from = this.at.place;
    const took = fold.call(this, record);
    observer.read(this, this.partition, from, record, took);
    return took;
  };
  return () => void (writers.fold = fold);
}

function observeReaders(observer: Observer): () => void {
  const { next } = AcceptedReader.prototype;
  const { open } = AcceptedReader;
  const partitions = new WeakMap<object, number>();
  AcceptedReader.open = async (log: LogPort, partition: number, from: Place) => {
    const reader = await open.call(AcceptedReader, log, partition, from);
    partitions.set(reader, partition);
    return reader;
  };
  AcceptedReader.prototype.next = async function (
    this: AcceptedReader,
    max,
  ): Promise<AcceptedBatch | null> {
    let from = (this as unknown as ReaderInside).place;
    const batch = await next.call(this, max);
    for (const { record, place } of batch?.records ?? []) {
      observer.read(this, partitions.get(this) ?? -1, from, record, true);
      from = place;
    }
    return batch;
  };
  return () => {
    AcceptedReader.open = open;
    AcceptedReader.prototype.next = next;
  };
}

function observeOwners(world: World, observer: Observer): () => void {
  const loops = CommandLoop.prototype as unknown as LoopInside;
  const { serve } = loops;
  loops.serve = function (this: LoopInside, owned) {
    const { process } = world;
    if (process !== undefined) {
      const { partition } = this;
      const { writer, state } = owned;
      observer.owns(() => ({ process, partition, state, place: writer.at.place }));
    }
    return serve.call(this, owned);
  };
  return () => void (loops.serve = serve);
}
