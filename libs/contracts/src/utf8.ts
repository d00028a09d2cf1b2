import { Fault } from './error-codes';

/** The platform's decoder, which Node and browsers have alike. */
declare const TextDecoder: new (
  label: 'utf-8',
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

/**
 * Reads bytes as UTF-8 text, and refuses what is none with its place: read with replacement
 * characters it would be another text than the one that was sent. `what` names the bytes.
 */
export function readUtf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const message = `expected ${what} in UTF-8, found ${noUtf8In(bytes)}; write it as UTF-8`;
    throw new Fault('JSON_MALFORMED', message, false, { cause });
  }
}

/** The first byte that is no UTF-8, for a message. */
export function noUtf8In(bytes: Uint8Array): string {
  const at = whereNoUtf8(bytes) ?? bytes.length;
  const byte = bytes[at];
  if (byte === undefined) return 'its end inside a character';
  return `the byte 0x${byte.toString(16).toUpperCase().padStart(2, '0')} at byte ${at}`;
}

/** The byte order mark that some editors write at the start of a file; it says nothing in UTF-8. */
export function withoutBom(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** Where the first character begins that is no UTF-8; null when all is well. */
export function whereNoUtf8(bytes: Uint8Array): number | null {
  for (let at = 0; at < bytes.length; ) {
    const size = sizeAt(bytes, at);
    if (size === 0) return at;
    at += size;
  }
  return null;
}

/** Bytes of the character at a place, as RFC 3629 has it; 0 when none is there. */
function sizeAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  for (let next = 1; next < size; next++) {
    // Behind some first bytes the second has fewer values: else a text would have two forms.
    const [min, max] = next === 1 ? secondOf(first) : [0x80, 0xbf];
    const byte = bytes[at + next] ?? 0;
    if (byte < min || byte > max) return 0;
  }
  return size;
}

function secondOf(first: number): readonly [min: number, max: number] {
  switch (first) {
    case 0xe0:
      return [0xa0, 0xbf];
    case 0xed:
      return [0x80, 0x9f];
    case 0xf0:
      return [0x90, 0xbf];
    case 0xf4:
      return [0x80, 0x8f];
    default:
      return [0x80, 0xbf];
  }
}
