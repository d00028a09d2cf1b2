import {
  Fault,
  readJson,
  type DeadLetterDetail,
  type DeadLetterView,
  type RedriveView,
} from '@fermata/contracts';
import { bytesOf, type DeadLetter } from '@fermata/log';

/** The name of a dead letter: where its record stood. */
export function idOf({ topic, partition, offset }: DeadLetter): string {
  return `${topic}-${partition}-${offset}`;
}

/** A dead letter in a list. */
export function letterView(letter: DeadLetter, redriven: readonly RedriveView[]): DeadLetterView {
  const { topic, partition, offset, code, reason, record } = letter;
  const origin = { topic, partition, offset };
  const tenant = tenantOf(letter);
  return {
    letter: idOf(letter),
    code,
    reason,
    origin,
    tenant,
    key: record.key,
    redriven: [...redriven],
  };
}

/** A dead letter whole: its texts, as far as they are some, and its bytes in Base64. */
export function letterDetail(
  letter: DeadLetter,
  redriven: readonly RedriveView[],
): DeadLetterDetail {
  const { headers, value } = letter.record;
  const raw = bytesOf(letter.record);
  const base64 = (part: Buffer | null): string | null => part?.toString('base64') ?? null;
  const bytes = {
    key: base64(raw.key),
    headers: raw.headers.map(([name, part]): [string, string | null] => [name, base64(part)]),
    value: base64(raw.value),
  };
  return { ...letterView(letter, redriven), headers: { ...headers }, value, bytes };
}

/**
 * The tenant that a record names, in its key, its headers or its event; null when it names none,
 * or two: then it is no tenant's business.
 */
export function tenantOf({ record }: DeadLetter): string | null {
  const { key, headers, value } = record;
  const inKey = key.includes('/') ? key.split('/')[0] : undefined;
  const named = [inKey, headers['ce_tenant'] ?? tenantIn(value)];
  const [tenant = null, ...others] = new Set(named.filter((one) => one !== undefined));
  return others.length === 0 ? tenant : null;
}

/** The tenant of an event in structured mode, if it can be read at all. */
function tenantIn(value: string): string | undefined {
  try {
    const event = readJson(value);
    const isObject = typeof event === 'object' && event !== null;
    const tenant = isObject && 'tenant' in event ? event.tenant : undefined;
    return typeof tenant === 'string' ? tenant : undefined;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
