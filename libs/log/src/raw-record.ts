import { isUtf8 } from 'node:buffer';
import type { NewRecord, RawRecord } from './port';

/** The bytes of a record. */
export function bytesOf({ key, headers, value, raw }: NewRecord): RawRecord {
  if (raw !== undefined) return raw;
  const named = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
  return { key: Buffer.from(key), headers: named, value: Buffer.from(value) };
}

/**
 * A record of these bytes. Its texts are what can be read of them; where they don't give the
 * bytes back, it keeps the bytes too.
 */
export function recordOfBytes(bytes: RawRecord): NewRecord {
  const headers: Record<string, string> = {};
  for (const [name, value] of bytes.headers) {
    if (value !== null) headers[name] ??= value.toString();
  }
  const texts = { key: textOf(bytes.key), headers, value: textOf(bytes.value) };
  return givesBack(bytes, Object.keys(headers)) ? texts : { ...texts, raw: bytes };
}

/** Whether the texts of a record with these header names are all that it was. */
function givesBack({ key, headers, value }: RawRecord, names: readonly string[]): boolean {
  const isText = (part: Buffer | null): boolean => part !== null && isUtf8(part);
  if (headers.length !== names.length || !isText(key) || !isText(value)) return false;
  return headers.every(([name, part], index) => name === names[index] && isText(part));
}

function textOf(bytes: Buffer | null): string {
  return bytes?.toString() ?? '';
}

type Base64 = string | null;
/** Raw bytes as JSON. */
export type PackedRaw = readonly [key: Base64, headers: (readonly [string, Base64])[], Base64];

/** Writes raw bytes as JSON can hold them. */
export function packRaw({ key, headers, value }: RawRecord): PackedRaw {
  return [base64(key), headers.map(([name, part]) => [name, base64(part)]), base64(value)];
}

/** Reads what `packRaw` wrote. */
export function unpackRaw([key, headers, value]: PackedRaw): RawRecord {
  const named = headers.map(([name, part]) => [name, bytesIn(part)] as const);
  return { key: bytesIn(key), headers: named, value: bytesIn(value) };
}

function base64(bytes: Buffer | null): Base64 {
  return bytes === null ? null : bytes.toString('base64');
}

function bytesIn(text: Base64): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64');
}
