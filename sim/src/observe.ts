import { dataText, type Event } from '@fermata/contracts';
import type { PartitionState } from '@fermata/core';
import type { Place, StoredRecord } from '@fermata/log';
import type { Onlooker } from '@fermata/scheduler';
import type { ConsumerOptions, EventEntry } from '@fermata/service';
import type { SimProcess } from './sim-process';

/** An owner as it stands: the state that it decides on, and how far it has folded. */
export interface LiveOwner {
  readonly process: SimProcess;
  readonly partition: number;
  readonly state: PartitionState;
  readonly place: Place;
}

/** What a reader has from an offset of the log. */
export interface Reading {
  readonly offset: number;
  /** Whether it is what is stored there, which the oracle reads as `event` where it counts. */
  isOf(stored: StoredRecord, event: Event | undefined): boolean;
}

/** Hears what the production code reads. */
export interface Observer {
  /** A reader, told apart by `reader`, accepted or dropped what stands at an offset. */
  read(reader: object, partition: number, from: Place, reading: Reading, took: boolean): void;
  owns(owner: () => LiveOwner): void;
}

/** Lets the observer look on at one owner of a partition, from its claim on. */
export function onlookerOf(observer: Observer, process: SimProcess, partition: number): Onlooker {
  const reader = {};
  return {
    judged: (record, from, took) => {
      const isOf = (stored: StoredRecord): boolean => stored.value === record.value;
      observer.read(reader, partition, from, { offset: record.offset, isOf }, took);
    },
    owns: ({ state, writer }) =>
      observer.owns(() => ({ process, partition, state, place: writer.at.place })),
  };
}

/** A consumer that tells the observer first of what it is handed. */
export function observed(observer: Observer, options: ConsumerOptions): ConsumerOptions {
  const readers = new Map<number, { place: Place }>();
  return {
    ...options,
    async startPlace(partition) {
      const place = await options.startPlace(partition);
      readers.set(partition, { place });
      return place;
    },
    consume(batch) {
      const { partition, entries, place: end } = batch;
      const reader = readers.get(partition);
      if (reader === undefined) throw new Error(`expected ${partition} to be read from a place`);
      for (const entry of entries) {
        observer.read(reader, partition, reader.place, readingOf(entry), true);
        reader.place = entry.place;
      }
      reader.place = end;
      return options.consume(batch);
    },
  };
}

function readingOf({ event, text, place }: EventEntry): Reading {
  return {
    offset: place.offset,
    isOf: (stored, other) =>
      text === dataText(stored) && (other === undefined || isSameEnvelope(event, other)),
  };
}

/** Whether all that two events say beside their data is the same. */
function isSameEnvelope(one: Event, other: Event): boolean {
  return (
    one.id === other.id &&
    one.type === other.type &&
    one.tenant === other.tenant &&
    one.run === other.run &&
    one.sequence === other.sequence &&
    one.at === other.at &&
    one.causationId === other.causationId &&
    one.correlationId === other.correlationId &&
    one.actor === other.actor &&
    one.traceparent === other.traceparent &&
    one.commandDigest === other.commandDigest
  );
}
