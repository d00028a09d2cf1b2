import { ByteReader, ByteWriter } from './bytes';
import type { WireRequest } from './cluster';
import { estimateOf, writeBatch, type BatchOrigin, type WireRecord } from './wire-batch';

/** What a broker answers for one partition; 0 is no error. */
export interface Stored {
  readonly partition: number;
  readonly error: number;
  readonly base: number;
}

/** What a broker gives of one partition; the bytes are whole batches and perhaps a torn one. */
export interface Fetched {
  readonly partition: number;
  readonly error: number;
  readonly bytes: ByteReader;
}

/** Records of one partition in a produce request. */
export interface PartitionRecords extends BatchOrigin {
  readonly partition: number;
  readonly records: readonly WireRecord[];
}

/** Where the reading of one partition goes on. */
export interface PartitionOffset {
  readonly partition: number;
  readonly offset: number;
}

const ALL_REPLICAS = -1;
const STORE_MS = 10_000;

/** Stores records of a topic, one batch for each partition (Produce, version 3). */
export function produceRequest(
  topic: string,
  parts: readonly PartitionRecords[],
): WireRequest<readonly Stored[]> {
  const encode = (): ByteWriter => {
    const size = parts.reduce((sum, { records }) => sum + estimateOf(records), 100);
    const out = new ByteWriter(size);
    out.string(null);
    out.int16(ALL_REPLICAS);
    out.int32(STORE_MS);
    out.int32(1);
    out.string(topic);
    out.int32(parts.length);
    for (const part of parts) {
      out.int32(part.partition);
      const sizeAt = out.at;
      out.int32(0);
      writeBatch(out, part.records, part);
      out.uint32At(sizeAt, out.at - sizeAt - 4);
    }
    return out;
  };
  return { apiKey: 0, apiVersion: 3, apiName: 'Produce', encode, decode: readStored };
}

function readStored(from: ByteReader): Stored[] {
  return arrayOf(from, () => {
    from.string();
    return arrayOf(from, () => {
      const stored = { partition: from.int32(), error: from.int16(), base: from.int64() };
      from.int64();
      return stored;
    });
  }).flat();
}

/** How much a fetch waits for and takes. */
export interface FetchBounds {
  readonly waitMs: number;
  readonly bytesMax: number;
  readonly partitionBytesMax: number;
}

const ANY_READER = -1;
const READ_UNCOMMITTED = 0;

/** Reads partitions of a topic, each from an offset on (Fetch, version 4). */
export function fetchRequest(
  topic: string,
  partitions: readonly PartitionOffset[],
  { waitMs, bytesMax, partitionBytesMax }: FetchBounds,
): WireRequest<readonly Fetched[]> {
  const encode = (): ByteWriter => {
    const out = new ByteWriter(100 + 16 * partitions.length);
    out.int32(ANY_READER);
    out.int32(waitMs);
    out.int32(1);
    out.int32(bytesMax);
    out.int8(READ_UNCOMMITTED);
    out.int32(1);
    out.string(topic);
    out.int32(partitions.length);
    for (const { partition, offset } of partitions) {
      out.int32(partition);
      out.int64(offset);
      out.int32(partitionBytesMax);
    }
    return out;
  };
  return { apiKey: 1, apiVersion: 4, apiName: 'Fetch', encode, decode: readFetched };
}

function readFetched(from: ByteReader): Fetched[] {
  from.int32();
  return arrayOf(from, () => {
    from.string();
    return arrayOf(from, () => {
      const [partition, error] = [from.int32(), from.int16()];
      // Its end, the end of what no transaction holds back, and the transactions that broke off.
      from.at += 16;
      arrayOf(from, () => (from.at += 16));
      const bytes = new ByteReader(from.slice(Math.max(0, from.int32())));
      return { partition, error, bytes };
    });
  }).flat();
}

function arrayOf<T>(from: ByteReader, read: () => T): T[] {
  return Array.from({ length: Math.max(0, from.int32()) }, read);
}
