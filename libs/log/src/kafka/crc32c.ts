const POLYNOMIAL = 0x82f63b78;

/** What a byte does to the sum when 0 to 3 more bytes follow it in the same step. */
const TABLES = makeTables();
const [LAST, SECOND, FIRST, BEFORE] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array];

/** CRC-32C (Castagnoli) of a range of bytes, four at a time. */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
  let sum = -1;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    sum =
      (BEFORE[(sum ^ (bytes[at] as number)) & 0xff] as number) ^
      (FIRST[((sum >>> 8) ^ (bytes[at + 1] as number)) & 0xff] as number) ^
      (SECOND[((sum >>> 16) ^ (bytes[at + 2] as number)) & 0xff] as number) ^
      (LAST[(sum >>> 24) ^ (bytes[at + 3] as number)] as number);
  }
  for (; at < to; at += 1) {
    sum = (LAST[(sum ^ (bytes[at] as number)) & 0xff] as number) ^ (sum >>> 8);
  }
  return ~sum >>> 0;
}

function makeTables(): Int32Array[] {
  const last = Int32Array.from({ length: 256 }, (_, byte) => {
    let sum = byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? POLYNOMIAL : 0);
    return sum;
  });
  const followed = (table: Int32Array): Int32Array =>
    table.map((sum) => (last[sum & 0xff] as number) ^ (sum >>> 8));
  const second = followed(last);
  const first = followed(second);
  return [last, second, first, followed(first)];
}
