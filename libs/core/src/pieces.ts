/**
 * Work that is done in pieces: it yields after each, and whoever drives it may let others go on
 * before the next. What it comes to does not depend on when that is.
 */
export type Pieces<T> = Generator<undefined, T, undefined>;

/** Does all pieces at once. */
export function drained<T>(pieces: Pieces<T>): T {
  let next = pieces.next();
  while (next.done !== true) next = pieces.next();
  return next.value;
}
