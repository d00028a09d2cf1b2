/** Any half of a pair: without one, code points and units of UTF-16 are the same. */
const PAIRS = /[\ud800-\udfff]/;

/** What a function of texts gives; its operands are those of the library. */
export type TextFunction = (operands: readonly unknown[]) => unknown;

/**
 * Gives a function that counts in units of UTF-16 places in code points, as `size` counts them, so
 * that no half of a character ever gets out. Places beyond the text stay beyond it: the function
 * itself says what is wrong with them.
 */
export function inCodePoints(name: string, operands: readonly unknown[], work: TextFunction) {
  const [text, ...rest] = operands;
  if (typeof text !== 'string' || !PAIRS.test(text)) return work(operands);
  switch (name) {
    case 'substring':
      return work([text, ...rest.map((place) => unitsAt(text, place))]);
    case 'indexOf':
    case 'lastIndexOf': {
      const [sought, place] = rest;
      const given = rest.length < 2 ? [sought] : [sought, unitsAt(text, place)];
      // Nothing is found where one begins to look.
      return sought === '' && rest.length === 2 ? place : pointsAt(text, work([text, ...given]));
    }
    case 'split':
      return rest[0] === '' ? charactersOf(text, rest[1]) : work(operands);
    default:
      return work(operands);
  }
}

function unitsAt(text: string, points: unknown): unknown {
  if (typeof points !== 'bigint' || points < 0n) return points;
  let units = 0;
  for (let left = Number(points); left > 0; left--) {
    if (units >= text.length) return BigInt(text.length + left);
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return BigInt(units);
}

function pointsAt(text: string, units: unknown): unknown {
  if (typeof units !== 'bigint' || units < 0n) return units;
  return BigInt(Array.from(text.slice(0, Number(units))).length);
}

function charactersOf(text: string, most: unknown): readonly string[] {
  const all = Array.from(text);
  if (typeof most !== 'bigint' || most < 0n || BigInt(all.length) <= most) return all;
  if (most === 0n) return [];
  const first = Number(most) - 1;
  return [...all.slice(0, first), all.slice(first).join('')];
}
