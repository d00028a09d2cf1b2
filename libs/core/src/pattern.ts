import { LIMITS } from '@fermata/contracts';
import { RE2JS } from 're2js';
import type { Meter } from './meter';

/** A pattern of RE2, whose time is linear in the text: ECMA-262 has no such bound. */
export interface Pattern {
  /** What it takes to compile: instructions, and ranges of its classes, about. */
  readonly size: number;
  /** Whether it is found anywhere in a text. */
  test(text: string, meter: Meter): boolean;
}

/** A pattern, or why its text is none. */
export type CompiledPattern =
  | { readonly ok: true; readonly pattern: Pattern }
  | { readonly ok: false; readonly message: string; readonly isTooLarge: boolean };

/** Steps that one instruction takes to compile. */
const COMPILE_STEPS = 400;

/** Compiles a pattern whose program is of a bearable size; counts that where a value gives it. */
export function compilePattern(source: string, meter?: Meter): CompiledPattern {
  meter?.spend(source.length);
  const about = sizeOf(source);
  if (about > LIMITS.patternSizeMax) {
    const found = `expected a pattern of at most ${LIMITS.patternSizeMax} instructions`;
    const message = `${found} (patternSizeMax), found one of about ${about}; repeat less in it`;
    return { ok: false, message, isTooLarge: true };
  }
  meter?.spend(COMPILE_STEPS * about);
  try {
    const compiled = RE2JS.compile(source);
    const size = compiled.programSize();
    const perChar = stepsPerChar(size);
    const test = (text: string, meter: Meter) => {
      meter.spend(1 + text.length * perChar);
      return compiled.test(text);
    };
    return { ok: true, pattern: { size: Math.max(size, about), test } };
  } catch (error) {
    const found = error instanceof Error ? error.message : 'an unknown error';
    const message = `expected a pattern of RE2, found: ${found}`;
    return { ok: false, message, isTooLarge: false };
  }
}

/**
 * How much the patterns of one definition may come to: compiling them must not hold up others. When
 * there is no more room, none is compiled.
 */
export class PatternRoom {
  private size = 0;

  get isFull(): boolean {
    return this.size > LIMITS.definitionPatternSizeMax;
  }

  compile(source: string): CompiledPattern {
    if (!this.isFull) {
      const compiled = compilePattern(source);
      if (compiled.ok) this.size += compiled.pattern.size;
      if (!this.isFull) return compiled;
    }
    const most = `${LIMITS.definitionPatternSizeMax} instructions (definitionPatternSizeMax)`;
    const found = `expected patterns of at most ${most} in a definition`;
    const message = `${found}, found about ${this.size}; repeat less in them`;
    return { ok: false, message, isTooLarge: true };
  }
}

/** Programs up to this size run as a table of states; a larger one may have too many for that. */
const TABLE_SIZE_MAX = 16;

function stepsPerChar(size: number): number {
  return size <= TABLE_SIZE_MAX ? 1 : 2 * size;
}

/** A class of Unicode, such as \p{L}, has hundreds of ranges. */
const CLASS_SIZE = 100;

/**
 * Instructions of a pattern, about, before it is compiled: a text of a few characters may have
 * millions, since what is repeated is written out.
 */
function sizeOf(source: string): number {
  const open: { sum: number; last: number }[] = [];
  let here = { sum: 0, last: 0 };
  const add = (size: number) => {
    here.sum += size;
    here.last = size;
  };
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === '\\') {
      at += 1;
      add(source[at] === 'p' || source[at] === 'P' ? CLASS_SIZE : 1);
    } else if (char === '(') {
      open.push(here);
      here = { sum: 0, last: 0 };
    } else if (char === ')') {
      const { sum } = here;
      here = open.pop() ?? here;
      add(sum + 2);
    } else if (char === '{') {
      const times = timesAt(source, at);
      here.sum += here.last * (times - 1);
      here.last *= times;
    } else add(1);
  }
  return open.reduce((sum, one) => sum + one.sum, here.sum);
}

/** How often `{2}`, `{2,}` or `{2,5}` at a place repeats what stands before it. */
function timesAt(source: string, at: number): number {
  const end = source.indexOf('}', at);
  const parts = source.slice(at + 1, end === -1 ? at + 1 : end).split(',');
  const times = Math.max(...parts.map(Number).filter(Number.isFinite), 1);
  return Math.min(times, 1_000);
}
