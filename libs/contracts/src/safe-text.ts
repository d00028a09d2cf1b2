/**
 * Characters that could move the cursor, colour a lie, begin a line, turn text round, hide, or look
 * like nothing: controls, formats, separators, all that a reader may ignore, the blank of Braille,
 * and halves of characters.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Scripts whose letters are joined or parted by the two joiners. */
const JOINED = [
  'Arabic',
  'Bengali',
  'Devanagari',
  'Gujarati',
  'Gurmukhi',
  'Kannada',
  'Khmer',
  'Malayalam',
  'Mongolian',
  'Myanmar',
  'Oriya',
  'Sinhala',
  'Syriac',
  'Tamil',
  'Telugu',
]
  .map((script) => `\\p{Script=${script}}`)
  .join('');

const SIGNS = '\\p{Extended_Pictographic}';

/** What looks different by them: joiners in such words and emoji, and the variants of a sign. */
const NEEDED = new RegExp(
  [
    `(?<=[${JOINED}])[\\u200c\\u200d](?=[${JOINED}])`,
    `(?<=[${SIGNS}\\p{Emoji_Modifier}\\ufe0f])\\u200d(?=${SIGNS})`,
    `(?<=\\p{Emoji})[\\ufe0e\\ufe0f]`,
    `(?<=\\p{Script=Han})[\\u{e0100}-\\u{e01ef}]`,
    `(?<=\\p{Script=Mongolian})[\\u180b-\\u180d\\u180f]`,
  ].join('|'),
  'uy',
);

/**
 * Text that came from agents or people, made inert for one line of a terminal: what it holds is
 * shown by code, so that it can't pass for something that we say. Inert text stays as it is.
 */
export function safeText(text: string): string {
  return text.replaceAll(UNSAFE, (character, at: number) => {
    NEEDED.lastIndex = at;
    if (NEEDED.test(text)) return character;
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** Text of several lines of our own, with all that is within them made inert. */
export function safeLines(text: string): string {
  return text.split('\n').map(safeText).join('\n');
}

/**
 * A value as JSON that is inert on a terminal too: what would not show itself is an escape, so
 * that the value that a program reads is the same.
 */
export function safeJson(value: unknown, indent?: number): string {
  // The breaks between lines are ours: those of a text are escapes in JSON already.
  const lines = (JSON.stringify(value, null, indent) ?? 'null').split('\n');
  return lines.map((text) => text.replaceAll(UNSAFE, escaped)).join('\n');
}

/** Escapes of a character: of its two halves, when it is beyond the first plane. */
function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }).join('');
}

declare const inert: unique symbol;

/** One line of a terminal, inert. Only `line` makes one: nothing else can be printed. */
export type Line = string & { readonly [inert]: true };

/** A line of ours, with what others wrote in it made inert. */
export function line(ours: TemplateStringsArray, ...theirs: readonly (string | number)[]): Line {
  const parts = ours.map(
    (part, at) => part + (at < theirs.length ? safeText(`${theirs[at]}`) : ''),
  );
  return parts.join('') as Line;
}
