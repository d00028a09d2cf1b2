/**
 * Characters that could move the cursor, colour a lie, begin a line, turn text round, or hide:
 * controls, formats and separators. The two joiners stay, which scripts and emoji need.
 */
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Text that came from agents or people, made inert for one line of a terminal: what it holds is
 * shown by code, so that it can't pass for something that we say.
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
  // The breaks between lines are ours: those of a text are escapes in JSON.
  const lines = (JSON.stringify(value, null, 2) ?? 'null').split('\n');
  const text = lines.map(safeText).join('\n');
  const folded =
    text.length <= SHOWN_MAX
      ? text
      : `${text.slice(0, SHOWN_MAX)}\n… ${text.length - SHOWN_MAX} more characters; use --json`;
  return folded.replaceAll('\n', `\n${indent}`);
}
