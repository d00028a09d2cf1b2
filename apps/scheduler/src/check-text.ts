import { isUtf8 } from 'node:buffer';
import { Fault, noUtf8In } from '@fermata/contracts';
import type { StoredRecord } from '@fermata/log';

/** Headers that a command is read from; what others hold is their writer's affair. */
const READ = /^(?:ce_.*|content-type)$/i;

/**
 * Refuses a record whose texts are not what its client wrote: bytes that are no UTF-8 would be
 * taken for other characters, and of a header that stands twice one would be taken.
 */
export function checkText({ raw }: StoredRecord): void {
  if (raw === undefined) return;
  if (raw.value === null) throw malformed('a value', 'none');
  if (!isUtf8(raw.value)) throw malformed('UTF-8 in the value', noUtf8In(raw.value));
  const seen = new Set<string>();
  for (const [written, value] of raw.headers) {
    if (!READ.test(written)) continue;
    const name = written.toLowerCase();
    if (seen.has(name)) throw malformed(`one header ${name}`, 'it twice');
    if (value !== null && !isUtf8(value)) {
      throw malformed(`UTF-8 in the header ${name}`, noUtf8In(value));
    }
    seen.add(name);
  }
}

function malformed(expected: string, found: string): Fault {
  const text = `expected ${expected} of a command, found ${found}; send JSON in UTF-8`;
  return new Fault('COMMAND_MALFORMED', text);
}
