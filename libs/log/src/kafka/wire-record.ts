import type { Message } from 'kafkajs';
import type { StoredRecord } from '../port';
import { recordOfBytes, type RawRecord } from '../raw-record';
import type { WireMessage } from './cluster';

/** What Node puts in the place of bytes that are no UTF-8. */
const REPLACED = '\uFFFD';

const EMPTY = Buffer.alloc(0);

/** A record as the log gives it, from a message as the broker gave it. */
export function recordOf(partition: number, message: WireMessage): StoredRecord {
  const { key, value, headers = {} } = message;
  const offset = Number(message.offset);
  const texts: Record<string, string> = {};
  let isText = key !== null && value !== null;
  for (const [name, header] of Object.entries(headers)) {
    // Twice the same name, or no value: rare enough to be looked at again below.
    const text = Buffer.isBuffer(header) ? header.toString() : REPLACED;
    isText &&= !text.includes(REPLACED) && name !== '__proto__';
    texts[name] = text;
  }
  const keyText = key?.toString() ?? '';
  const valueText = value?.toString() ?? '';
  if (isText && !keyText.includes(REPLACED) && !valueText.includes(REPLACED)) {
    return { partition, offset, key: keyText, headers: texts, value: valueText };
  }
  return { partition, offset, ...recordOfBytes(rawOf(message)) };
}

function rawOf({ key, value, headers = {} }: WireMessage): RawRecord {
  const named = Object.entries(headers).flatMap(([name, header]) => {
    const all = Array.isArray(header) ? header : [header];
    // Under a name such as `constructor` kafkajs adds what every object inherits.
    const own = all.filter((one) => one === null || Buffer.isBuffer(one)) as (Buffer | null)[];
    return own.map((one) => [name, one] as const);
  });
  return { key, value, headers: named };
}

/**
 * Raw bytes as kafkajs sends them. It can't write a header without a value: such a header gets
 * an empty one.
 */
export function messageOfBytes({ key, value, headers }: RawRecord): Message {
  const byName = [...Map.groupBy(headers, ([name]) => name)];
  const named = byName.map(([name, all]) => [name, all.map(([, part]) => part ?? EMPTY)] as const);
  return { key, value, headers: Object.fromEntries(named) };
}
