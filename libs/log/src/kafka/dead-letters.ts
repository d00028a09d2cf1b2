import type { DeadLetter, Reader } from '../port';
import { bytesOf, packRaw, recordOfBytes, unpackRaw, type PackedRaw } from '../raw-record';
import type { FirstLetters } from '../first-letters';
import type { Sender } from './sender';

/** What dead letters are written and read with: one topic of one partition. */
export interface LettersTopic {
  readonly sender: Sender;
  open(from: number): Promise<Reader>;
  range(): Promise<{ readonly first: number; readonly end: number }>;
}

const READ_MAX = 100;

/** What stands in the header `letter`: where a record came from, and all of it but its value. */
interface Label extends Pick<DeadLetter, 'topic' | 'partition' | 'offset' | 'code' | 'reason'> {
  readonly key: PackedRaw[0];
  readonly headers: PackedRaw[1];
}

/**
 * Stores a dead letter. Its value is the value of the dead letter, byte for byte, so that any Kafka
 * client can look at it, and one that the commands topic took is not too large for this one.
 */
export async function putLetter({ sender }: LettersTopic, letter: DeadLetter): Promise<void> {
  const { record, topic, partition, offset, code, reason } = letter;
  const bytes = bytesOf(record);
  const [key, headers] = packRaw(bytes);
  const label: Label = { topic, partition, offset, code, reason, key, headers };
  const origin = Buffer.from(`${topic}/${partition}/${offset}`);
  const raw = {
    key: origin,
    headers: [['letter', Buffer.from(JSON.stringify(label))] as const],
    value: bytes.value,
  };
  await sender.store(0, [{ key: '', headers: {}, value: record.value, raw }]);
}

/** Reads the first dead letters that are wanted; they stand in the order in which they came. */
export async function readLetters(
  topic: LettersTopic,
  wanted: FirstLetters,
): Promise<readonly DeadLetter[]> {
  const { first, end } = await topic.range();
  if (first === end) return [];
  const reader = await topic.open(first);
  try {
    while (reader.next < end) {
      const records = await reader.read(READ_MAX, end);
      if (records.length === 0) break;
      for (const record of records) {
        const label = record.headers['letter'];
        // What has none was written by somebody else: it must not hide the others.
        if (label !== undefined) wanted.add(letterOf(label, record));
      }
    }
  } finally {
    reader.close();
  }
  return wanted.letters;
}

function letterOf(text: string, stored: DeadLetter['record']): DeadLetter {
  const { key, headers, ...label } = JSON.parse(text) as Label;
  const { value } = bytesOf(stored);
  return { ...label, record: recordOfBytes({ ...unpackRaw([key, headers, null]), value }) };
}
