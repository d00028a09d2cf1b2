import { Fault } from '@fermata/contracts';
import type { NewRecord, StoredRecord } from './port';
import { packRaw, recordOfBytes, unpackRaw, type PackedRaw } from './raw-record';

/**
 * A batch of records as one run of bytes: for each record its key, the JSON of its headers and
 * its value, each as UTF-8 behind its length (32 bits, big-endian). One that is no text stands
 * in the place of the headers as a whole, as a JSON array.
 */
export function packRecords(records: readonly NewRecord[]): Buffer {
  const parts = records.flatMap(({ key, headers, value, raw }) =>
    raw === undefined
      ? [key, JSON.stringify(headers), value]
      : ['', JSON.stringify(packRaw(raw)), ''],
  );
  const sizes = parts.map((part) => Buffer.byteLength(part));
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + 4 + size, 0));
  let at = 0;
  for (const [index, part] of parts.entries()) {
    at = bytes.writeUInt32BE(sizes[index] ?? 0, at);
    at += bytes.write(part, at, 'utf8');
  }
  return bytes;
}

/** The records of a batch that begins at offset `base`. */
export function unpackRecords(bytes: Buffer, partition: number, base: number): StoredRecord[] {
  const records: StoredRecord[] = [];
  let at = 0;
  const next = (): string => {
    const size = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : Number.NaN;
    const end = at + 4 + size;
    if (!(end <= bytes.length)) {
      const found = `expected whole records from offset ${base} of partition ${partition}`;
      throw new Fault('LOG_TRUNCATED', `${found}, found a torn one; restore the table`);
    }
    const text = bytes.toString('utf8', at + 4, end);
    at = end;
    return text;
  };
  while (at < bytes.length) {
    const key = next();
    const read = JSON.parse(next()) as Record<string, string> | PackedRaw;
    const value = next();
    const record = isPacked(read) ? recordOfBytes(unpackRaw(read)) : { key, headers: read, value };
    records.push({ ...record, partition, offset: base + records.length });
  }
  return records;
}

function isPacked(read: Record<string, string> | PackedRaw): read is PackedRaw {
  return Array.isArray(read);
}
