import { createRequire } from 'node:module';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { RawRecord } from '../port';
import { bytesOf } from '../raw-record';
import { ByteReader, ByteWriter } from './bytes';
import { crc32c } from './crc32c';
import { estimateOf, readBatches, writeBatch, type WireRecord } from './wire-batch';

/** What kafkajs reads of a record. */
interface KafkajsRecord {
  readonly offset: string;
  readonly key: Buffer;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

const load = createRequire(__filename);
const Decoder = load('kafkajs/src/protocol/decoder');
const kafkajsRead = load('kafkajs/src/protocol/recordBatch/v0/decoder');
const kafkajsRecord = load('kafkajs/src/protocol/recordBatch/record/v0');
const { RecordBatch } = load('kafkajs/src/protocol/recordBatch/v0');
const kafkajsSum = load('kafkajs/src/protocol/recordBatch/crc32C');

const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((one) => one.toWellFormed());
/** kafkajs confuses names that every object has with names that it read. */
const name = fc.string({ minLength: 1, maxLength: 20 }).filter((one) => !(one in {}));
const headers = fc.dictionary(name, text, { maxKeys: 4, noNullPrototype: true });
const record = fc.record<WireRecord>({
  key: text,
  headers,
  value: fc.oneof(text, fc.constant(null), fc.constant('x'.repeat(9_000))),
});
const bytes = fc.uint8Array({ maxLength: 8 }).map((one) => Buffer.from(one));
const anyBytes = fc.oneof(bytes, fc.constant(null), fc.constant(Buffer.from('\uFFFD ü')));
const raw = fc.record<RawRecord>({
  key: anyBytes,
  headers: fc.array(fc.tuple(fc.constantFrom('a', 'b', 'constructor'), anyBytes), { maxLength: 3 }),
  value: anyBytes,
});
const records = fc.array(record, { minLength: 1, maxLength: 10 });
const origin = { producerId: 7, producerEpoch: 1, firstSequence: 41, timeMs: 1_790_000_000_123 };

function written(batch: readonly WireRecord[]): Buffer {
  const out = new ByteWriter(estimateOf(batch));
  writeBatch(out, batch, origin);
  return Buffer.from(out.written);
}

/** The same bytes as the broker stores them: at an offset of their own. */
function storedAt(base: number, batch: readonly WireRecord[]): Buffer {
  const bytes = written(batch);
  bytes.writeBigInt64BE(BigInt(base), 0);
  return bytes;
}

const read = (bytes: Buffer, from = 0) => readBatches(new ByteReader(bytes), 3, from);

const plain = ({ key, headers: said, value }: WireRecord) => ({ key, headers: { ...said }, value });
const orEmpty = (one: WireRecord) => ({ ...plain(one), value: one.value ?? '' });

describe('a record batch', () => {
  it('is read by kafkajs as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (batch) => {
        const bytes = written(batch);
        const found = await kafkajsRead(new Decoder(bytes));
        const seen = (found.records as KafkajsRecord[]).map(({ key, headers: said, value }) => ({
          key: key.toString(),
          headers: Object.fromEntries(Object.entries(said).map(([one, at]) => [one, `${at}`])),
          value: value === null ? null : value.toString(),
        }));
        expect(seen).toEqual(batch.map(plain));
        expect(found).toMatchObject({ producerId: '7', producerEpoch: 1, firstSequence: 41 });
        expect(found.lastOffsetDelta).toBe(batch.length - 1);
        expect(found.maxTimestamp).toBe(String(origin.timeMs));
        expect(bytes.readUInt32BE(17)).toBe(kafkajsSum(bytes.subarray(21)));
      }),
    );
  });

  it('is read as kafkajs wrote it', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (batch) => {
        const made = batch.map((one, offsetDelta) => {
          const timestampDelta = 5_000 * offsetDelta;
          return kafkajsRecord({ ...one, offsetDelta, timestampDelta });
        });
        const last = { lastOffsetDelta: made.length - 1, firstOffset: 100 };
        const { buffer } = await RecordBatch({ records: made, ...last });
        const { records: found, next } = read(buffer, 100);
        expect(found.map(plain)).toEqual(batch.map(orEmpty));
        expect(found.map(({ offset }) => offset)).toEqual(batch.map((_, index) => 100 + index));
        expect(next).toBe(100 + batch.length);
      }),
    );
  });

  it('gives back what is no text, has no key or value, or a name twice, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(raw, { minLength: 1, maxLength: 10 }), (batch) => {
        const made = batch.map((one) => ({ key: 'k', headers: {}, value: 'v', raw: one }));
        const found = read(written(made)).records;
        expect(found.map(bytesOf)).toEqual(batch);
        for (const { raw: kept, ...texts } of found) {
          if (kept === undefined) expect(bytesOf(texts)).toEqual(batch[texts.offset]);
        }
      }),
    );
  });

  it('has the same sum as kafkajs finds, wherever it begins', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), (bytes, from) => {
        const start = Math.min(from, bytes.length);
        expect(crc32c(bytes, start, bytes.length)).toBe(kafkajsSum(bytes.subarray(start)));
      }),
    );
  });
});

describe('bytes that were fetched', () => {
  const batch = ['a', 'b', 'c'].map((value) => ({ key: 'k', headers: {}, value }));
  const values = (bytes: Buffer, from?: number) =>
    read(bytes, from).records.map((one) => one.value);

  it('hold batches one behind the other, and a torn one that comes again', () => {
    const both = Buffer.concat([storedAt(10, batch), storedAt(13, batch)]);
    for (let size = 0; size < both.length; size += 1) {
      const isFirstWhole = size >= both.length / 2;
      const found = read(both.subarray(0, size), 10);
      expect(found.records).toHaveLength(isFirstWhole ? 3 : 0);
      expect(found.next).toBe(isFirstWhole ? 13 : 10);
    }
    expect(read(both, 10).records.map(({ offset }) => offset)).toEqual([10, 11, 12, 13, 14, 15]);
  });

  it('may have headers by names that every object has', () => {
    const [found] = read(written([{ key: '', headers: { toString: 'a' }, value: '' }])).records;
    expect(found && bytesOf(found).headers).toEqual([['toString', Buffer.from('a')]]);
  });

  it('may begin before what was asked for', () => {
    expect(values(storedAt(10, batch), 11)).toEqual(['b', 'c']);
  });

  it('are read on behind what a cleaner left of a batch, and behind the end of a transaction', () => {
    const emptied = storedAt(10, batch).subarray(0, 61);
    emptied.writeInt32BE(61 - 12, 8);
    emptied.writeInt32BE(0, 57);
    expect(read(emptied, 10)).toEqual({ records: [], next: 13, failure: null });
    const control = storedAt(10, batch);
    control.writeInt16BE(0x30, 21);
    expect(read(control, 10)).toEqual({ records: [], next: 13, failure: null });
  });

  it.each([
    ['gzip', 1, gzipSync],
    ['zstd', 4, zstdCompressSync],
  ] as const)('are read when they were compressed with %s', (_name, codec, compress) => {
    const bytes = storedAt(10, batch);
    const packed = Buffer.concat([bytes.subarray(0, 61), compress(bytes.subarray(61))]);
    packed.writeInt32BE(packed.length - 12, 8);
    packed.writeInt16BE(codec, 21);
    expect(read(packed)).toEqual(read(bytes));
  });

  it('are told from one that can’t be read, behind those before it', () => {
    const packed = storedAt(13, batch);
    packed.writeInt16BE(2, 21);
    const found = read(Buffer.concat([storedAt(10, batch), packed]), 10);
    expect(found).toMatchObject({ records: read(storedAt(10, batch)).records, next: 13 });
    expect(String(found.failure)).toMatch(/at offset 13 of partition 3, found: .* codec 2; copy/);
    const old = storedAt(10, batch);
    old.writeInt8(1, 16);
    expect(String(read(old).failure)).toMatch(/expected records of magic 2, found 1/);
  });
});
