/**
 * Hash of a record key, the 32-bit murmur2 that Kafka's Java client uses, so that any Kafka
 * client with the default partitioner finds the same partition.
 */
export function murmur2(bytes: Uint8Array): number {
  const m = 0x5bd1e995;
  const length = bytes.length;
  let h = 0x9747b28c ^ length;
  const words = length >> 2;
  for (let i = 0; i < words; i++) {
    const at = i << 2;
    let k =
      (bytes[at] ?? 0) |
      ((bytes[at + 1] ?? 0) << 8) |
      ((bytes[at + 2] ?? 0) << 16) |
      ((bytes[at + 3] ?? 0) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const tail = words << 2;
  const rest = length & 3;
  if (rest >= 3) h ^= (bytes[tail + 2] ?? 0) << 16;
  if (rest >= 2) h ^= (bytes[tail + 1] ?? 0) << 8;
  if (rest >= 1) h = Math.imul(h ^ (bytes[tail] ?? 0), m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}

/**
 * The partition a record key lives in.
 * Record keys are ASCII by their schema (`tenantId`, `runKey`), so one character is one byte.
 */
export function partitionOf(key: string, partitions: number): number {
  const bytes = new Uint8Array(key.length);
  for (let i = 0; i < key.length; i++) bytes[i] = key.charCodeAt(i);
  return (murmur2(bytes) & 0x7fffffff) % partitions;
}
