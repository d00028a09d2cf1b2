import { zstdCompressSync } from 'node:zlib';
import { CompressionCodecs, CompressionTypes } from 'kafkajs';

/** A codec that no broker knows. */
export const UNKNOWN_CODEC = 7 as CompressionTypes;

interface Encoder {
  readonly buffer: Buffer;
}

/** Magic, flags, block size of 64 KiB, checksum of these two. */
const LZ4_HEAD = Buffer.from('04224d18604082', 'hex');
const LZ4_BLOCK_MAX = 65_536;
/** The bit that says that a block holds its bytes as they are. */
const LZ4_STORED = 0x8000_0000;

/** A frame of LZ4 whose blocks hold the bytes as they are. */
function lz4(bytes: Buffer): Buffer {
  const parts: Uint8Array[] = [LZ4_HEAD];
  for (let at = 0; at < bytes.length; at += LZ4_BLOCK_MAX) {
    const block = bytes.subarray(at, at + LZ4_BLOCK_MAX);
    parts.push(uint32(block.length + LZ4_STORED), block);
  }
  return Buffer.concat([...parts, uint32(0)]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A block of Snappy that is one literal: its length, a tag with the length in 2 bytes, itself. */
function snappy(bytes: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  const tag = Buffer.from([61 << 2, (bytes.length - 1) & 0xff, (bytes.length - 1) >> 8]);
  return Buffer.concat([Buffer.from(length), tag, bytes]);
}

/** Lets the client of this process write batches in codecs that our services can't read. */
export function registerCodecs(): void {
  const codecs = CompressionCodecs as unknown as Record<number, () => unknown>;
  const writing = (compress: (bytes: Buffer) => Buffer) => () => ({
    compress: async ({ buffer }: Encoder) => compress(buffer),
  });
  codecs[CompressionTypes.LZ4] = writing(lz4);
  codecs[CompressionTypes.Snappy] = writing(snappy);
  codecs[CompressionTypes.ZSTD] = writing((bytes) => zstdCompressSync(bytes));
  codecs[UNKNOWN_CODEC] = writing((bytes) => bytes);
}
