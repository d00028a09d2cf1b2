import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { Fault } from '@fermata/contracts';
import type { NewRecord, RawRecord, StoredRecord } from '../port';
import { recordOfBytes } from '../raw-record';
import { ByteReader, sizeOfVarint, type ByteWriter } from './bytes';
import { crc32c } from './crc32c';

/** A record on its way; in a compacted topic one without a value lets go of its key. */
export type WireRecord = Omit<NewRecord, 'value'> & { readonly value: string | null };

/** Who writes a batch, and which of its records the first one is: what makes a resend harmless. */
export interface BatchOrigin {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly timeMs: number;
}

const MAGIC = 2;
const CONTROL = 0x20;
const CODEC = 0x07;
/** A batch that says it is more was made to fill our memory. */
const UNPACKED_BYTES_MAX = 256 * 1024 * 1024;
/** Base offset and length stand before what the length counts. */
const PREFIX_BYTES = 12;
/** Bytes between those and the first record. */
const HEAD_BYTES = 49;
/** Batch and record take this much more than key, value and headers. */
const RECORD_OVERHEAD = 64;

/** About how many bytes a batch of these records takes. */
export function estimateOf(records: readonly WireRecord[]): number {
  let size = PREFIX_BYTES + HEAD_BYTES;
  for (const { key, value } of records) size += RECORD_OVERHEAD + key.length + (value?.length ?? 0);
  return size;
}

/** Writes one record batch of magic 2, uncompressed: what Kafka stores whole or not at all. */
export function writeBatch(
  out: ByteWriter,
  records: readonly WireRecord[],
  { producerId, producerEpoch, firstSequence, timeMs }: BatchOrigin,
): void {
  out.int64(0);
  const lengthAt = out.at;
  out.int32(0);
  out.int32(-1);
  out.int8(MAGIC);
  const sumAt = out.at;
  out.int32(0);
  const summedFrom = out.at;
  out.int16(0);
  out.int32(records.length - 1);
  out.int64(timeMs);
  out.int64(timeMs);
  out.int64(producerId);
  out.int16(producerEpoch);
  out.int32(firstSequence);
  out.int32(records.length);
  for (const [index, record] of records.entries()) writeRecord(out, index, record);
  out.uint32At(lengthAt, out.at - lengthAt - 4);
  out.uint32At(sumAt, crc32c(out.written, summedFrom, out.at));
}

/** A key, a value, or the name or value of a header: text, or bytes that are none. */
type Part = string | Buffer | null;

function writeRecord(out: ByteWriter, index: number, record: WireRecord): void {
  const { key, value } = record.raw ?? record;
  const headers = record.raw?.headers ?? Object.entries(record.headers);
  let size = 2 + sizeOfVarint(index) + sizeOf(key) + sizeOf(value) + sizeOfVarint(headers.length);
  for (const [name, text] of headers) size += sizeOf(name) + sizeOf(text);
  out.varint(size);
  out.int8(0);
  out.varint(0);
  out.varint(index);
  write(out, key);
  write(out, value);
  out.varint(headers.length);
  for (const [name, text] of headers) {
    write(out, name);
    write(out, text);
  }
}

/** What a part takes behind its length; -1, which none has, takes one byte. */
function sizeOf(part: Part): number {
  if (part === null) return 1;
  const size = Buffer.byteLength(part);
  return sizeOfVarint(size) + size;
}

function write(out: ByteWriter, part: Part): void {
  if (part === null) return out.varint(-1);
  const size = Buffer.byteLength(part);
  out.varint(size);
  out.put(part, size);
}

/** What was found in fetched bytes, and the offset to go on at. */
export interface ReadBatches {
  readonly records: readonly StoredRecord[];
  readonly next: number;
  /** Why the batch at `next` can't be read; what stands before it was. */
  readonly failure: Error | null;
}

/**
 * Reads whole batches; a torn one at the end comes again with the next fetch. Records before
 * `from` are left out, since the first batch may begin earlier, and so are those by which Kafka
 * ends a transaction of someone else.
 */
export function readBatches(from: ByteReader, partition: number, first: number): ReadBatches {
  const records: StoredRecord[] = [];
  let next = first;
  while (from.left >= PREFIX_BYTES + HEAD_BYTES) {
    const base = from.int64();
    const length = from.int32();
    if (from.left < length) break;
    try {
      const batch = readBatch(new ByteReader(from.slice(length)), partition, base);
      for (const record of batch.records) if (record.offset >= first) records.push(record);
      next = Math.max(next, batch.last + 1);
    } catch (error) {
      return { records, next, failure: unreadable(error, partition, base) };
    }
  }
  return { records, next, failure: null };
}

/** Reads what a batch's length counts. */
function readBatch(
  from: ByteReader,
  partition: number,
  base: number,
): { readonly records: readonly StoredRecord[]; readonly last: number } {
  from.int32();
  const magic = from.int8();
  if (magic !== MAGIC) throw new Error(`expected records of magic 2, found ${magic}`);
  from.int32();
  const attributes = from.int16();
  const last = base + from.int32();
  // Times, and who wrote it.
  from.at += 30;
  const count = attributes & CONTROL ? 0 : from.int32();
  const plain = count === 0 ? from : plainOf(from, attributes & CODEC);
  const records = Array.from({ length: count }, () => readRecord(plain, partition, base));
  return { records, last };
}

/** Segments of before a topic was set to take no compression may hold any. */
function plainOf(from: ByteReader, codec: number): ByteReader {
  const options = { maxOutputLength: UNPACKED_BYTES_MAX };
  switch (codec) {
    case 0:
      return from;
    case 1:
      return new ByteReader(gunzipSync(from.slice(from.left), options));
    case 4:
      return new ByteReader(zstdDecompressSync(from.slice(from.left), options));
    default:
      throw new Error(`expected no compression, gzip or zstd, found Kafka's codec ${codec}`);
  }
}

function unreadable(cause: unknown, partition: number, offset: number): Fault {
  const found = `expected a batch that can be read at offset ${offset} of partition ${partition}`;
  const message = `${found}, found: ${cause instanceof Error ? cause.message : String(cause)}`;
  const remedy = 'copy the topic without compression, or delete the records up to there';
  return new Fault('LOG_UNAVAILABLE', `${message}; ${remedy}`, false, { cause });
}

function readRecord(from: ByteReader, partition: number, base: number): StoredRecord {
  const size = from.varint();
  const end = from.at + size;
  from.int8();
  from.skipVarint();
  const offset = base + from.varint();
  const begin = from.at;
  let record = readTexts(from);
  if (record === null) {
    from.at = begin;
    record = recordOfBytes(readRaw(from));
  }
  from.at = end;
  return { partition, offset, ...record };
}

/** What Node puts in the place of bytes that are no UTF-8. */
const REPLACED = '\uFFFD';

/** A record of texts that give its bytes back, as nearly all are; null when it may be another. */
function readTexts(from: ByteReader): NewRecord | null {
  const key = readText(from);
  const value = readText(from);
  if (key === null || value === null) return null;
  const headers: Record<string, string> = {};
  for (let count = from.varint(); count > 0; count -= 1) {
    const name = readText(from);
    const text = readText(from);
    // Names that every object has are rare enough to be looked at again, too.
    if (name === null || text === null || name in headers) return null;
    headers[name] = text;
  }
  return { key, headers, value };
}

function readText(from: ByteReader): string | null {
  const size = from.varint();
  if (size < 0) return null;
  const text = from.utf8(size);
  return text.includes(REPLACED) ? null : text;
}

function readRaw(from: ByteReader): RawRecord {
  const key = readBytes(from);
  const value = readBytes(from);
  const count = from.varint();
  const headers = Array.from({ length: count }, () => {
    const name = from.utf8(from.varint());
    return [name, readBytes(from)] as const;
  });
  return { key, headers, value };
}

/** Bytes of their own: a slice would keep all that was fetched with them. */
function readBytes(from: ByteReader): Buffer | null {
  const size = from.varint();
  return size < 0 ? null : Buffer.from(from.slice(size));
}
