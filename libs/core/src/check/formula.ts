import type { Json } from '@fermata/contracts';

/** What is known of a value that conditions ask about. */
export interface Knowledge {
  /** Canonical texts of all that it may be; null when it may be more than is listed. */
  readonly values: readonly string[] | null;
  /** Canonical texts of what it is not. */
  readonly not: ReadonlySet<string>;
  readonly least: number;
  readonly isAboveLeast: boolean;
  readonly most: number;
  readonly isBelowMost: boolean;
}

/** A value that conditions ask about: terms with the same key are the same value. */
export interface Term {
  readonly key: string;
  readonly known: Knowledge;
  /** Index of the step whose status it is. */
  readonly statusOf: number | null;
}

/** A condition, as far as it can be worked out before a run; what can't is a term of its own. */
export type Formula =
  | { readonly op: 'and' | 'or'; readonly parts: readonly Formula[] }
  | { readonly op: 'not'; readonly part: Formula }
  | { readonly op: 'always'; readonly value: boolean }
  | { readonly op: 'is'; readonly term: Term; readonly values: readonly string[] }
  | {
      readonly op: 'less';
      readonly term: Term;
      readonly bound: number;
      readonly orEqual: boolean;
    };

/** A formula that shall hold, or shall not. */
export interface Goal {
  readonly formula: Formula;
  readonly holds: boolean;
}

/** Of a value that is nowhere described. */
export const NOTHING_KNOWN: Knowledge = {
  values: null,
  not: new Set(),
  least: -Infinity,
  isAboveLeast: false,
  most: Infinity,
  isBelowMost: false,
};

/** What is known of a value that is one of these. */
export function oneOf(values: readonly string[]): Knowledge {
  return { ...NOTHING_KNOWN, values };
}

/** What is known once a value is, or is not, one of these; null when that can't be. */
export function narrowed(
  known: Knowledge,
  values: readonly string[],
  holds: boolean,
): Knowledge | null {
  if (!holds) {
    if (known.values === null) return { ...known, not: new Set([...known.not, ...values]) };
    return someOf(
      known,
      known.values.filter((value) => !values.includes(value)),
    );
  }
  const left = known.values === null ? values : values.filter((one) => known.values?.includes(one));
  return someOf(
    known,
    left.filter((one) => !known.not.has(one) && isWithin(one, known)),
  );
}

/** What is known once a number is below a bound, or is not; null when that can't be. */
export function bounded(
  known: Knowledge,
  { bound, orEqual }: { readonly bound: number; readonly orEqual: boolean },
  holds: boolean,
): Knowledge | null {
  const next = holds ? below(known, bound, !orEqual) : above(known, bound, orEqual);
  if (next.values !== null) {
    return someOf(
      next,
      next.values.filter((value) => isWithin(value, next)),
    );
  }
  if (next.least > next.most) return null;
  return next.least === next.most && (next.isAboveLeast || next.isBelowMost) ? null : next;
}

function below(known: Knowledge, most: number, isOpen: boolean): Knowledge {
  if (most > known.most || (most === known.most && !isOpen)) return known;
  return { ...known, most, isBelowMost: isOpen };
}

function above(known: Knowledge, least: number, isOpen: boolean): Knowledge {
  if (least < known.least || (least === known.least && !isOpen)) return known;
  return { ...known, least, isAboveLeast: isOpen };
}

function someOf(known: Knowledge, values: readonly string[]): Knowledge | null {
  return values.length === 0 ? null : { ...known, values };
}

function isWithin(text: string, known: Knowledge): boolean {
  if (known.least === -Infinity && known.most === Infinity) return true;
  const value = JSON.parse(text) as Json;
  if (typeof value !== 'number') return false;
  const isHigh = known.isAboveLeast ? value > known.least : value >= known.least;
  return isHigh && (known.isBelowMost ? value < known.most : value <= known.most);
}
