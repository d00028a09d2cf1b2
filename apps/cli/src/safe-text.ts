/** Characters that could move the cursor, colour a lie, or turn text round. */
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text that came from agents or people, made inert for a terminal: what it holds is shown by
 * code, so that it can't pass for something that we say.
 */
export function safeText(text: string): string {
  return text.replaceAll(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

const SHOWN_MAX = 4_000;

/** A JSON value for a person: indented, inert, and folded with its size when it is long. */
export function shownJson(value: unknown, indent = ''): string {
  const text = safeText(JSON.stringify(value, null, 2) ?? 'null');
  const folded =
    text.length <= SHOWN_MAX
      ? text
      : `${text.slice(0, SHOWN_MAX)}\n… ${text.length - SHOWN_MAX} more characters; use --json`;
  return folded.replaceAll('\n', `\n${indent}`);
}
