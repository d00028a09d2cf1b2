import type { Part, Reader } from '../port';
import type { Sender } from './sender';

/** What restore points are written and read with: one compacted topic, partitioned as the log. */
export interface PartsTopic {
  readonly sender: Sender;
  open(partition: number, from: number): Promise<Reader>;
  range(partition: number): Promise<{ readonly first: number; readonly end: number }>;
}

const READ_MAX = 100;

/** Stores pieces, each under its name; says at which offset each stands. */
export async function putParts(
  { sender }: PartsTopic,
  partition: number,
  parts: readonly Part[],
): Promise<readonly number[]> {
  const records = parts.map(({ name, text }) => ({ key: name, headers: {}, value: text }));
  const base = await sender.store(partition, records);
  return parts.map((_, index) => base + index);
}

/** Lets go of pieces: the broker's cleaner takes them away in its own time. */
export async function dropParts(
  { sender }: PartsTopic,
  partition: number,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  const records = names.map((name) => ({ key: name, headers: {}, value: null }));
  await sender.store(partition, records);
}

/**
 * Reads pieces where they stand, in one pass: between the first and the last lies little else. A
 * piece that the cleaner took is told as null; the newest record of a topic is never taken.
 */
export async function* readParts(
  topic: PartsTopic,
  partition: number,
  places: readonly number[],
): AsyncGenerator<string | null> {
  const { first, end } = await topic.range(partition);
  const from = places.find((place) => place >= first && place < end);
  const reader = from === undefined ? null : await topic.open(partition, from);
  let ahead: { readonly offset: number; readonly value: string }[] = [];
  try {
    for (const place of places) {
      if (reader === null || place < first || place >= end) {
        yield null;
        continue;
      }
      while ((ahead.at(-1)?.offset ?? -1) < place && reader.next <= place) {
        ahead = [...(await reader.read(READ_MAX, place + 1))];
        if (ahead.length === 0 && reader.next <= place) return;
      }
      ahead = ahead.filter(({ offset }) => offset >= place);
      yield ahead[0]?.offset === place ? ahead[0].value : null;
    }
  } finally {
    reader?.close();
  }
}
