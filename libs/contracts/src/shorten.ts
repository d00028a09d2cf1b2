/**
 * A text for people, cut with `…` where it is longer. What it gives is whole characters: half of
 * one, be it in the text or made by the cut, would be refused by the door of all JSON.
 * @param max UTF-16 code units that it may have, with the `…`
 */
export function shorten(text: string, max: number): string {
  const start =
    text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
  return start.toWellFormed();
}
