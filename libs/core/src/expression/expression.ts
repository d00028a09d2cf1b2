import type { Environment } from '@marcbachmann/cel-js';
import { isMinusZero, LIMITS, whyNotKept, type Json } from '@fermata/contracts';
import type { Evaluated, Scope } from '../graph/graph';
import { evaluating } from './environment';
import { Meter, OutOfSteps } from '../meter';
import { loopDepth, namesOf, whyRefused, type ExpressionProblem } from './syntax';

/** Two nested loops over lists of this length take about half a second. */
const NESTED_ITEMS_MAX = 1_000;
const SHOWN_CHARS = 40;

/** An expression that was checked, ready to be evaluated. */
export interface Expression {
  /** Ids of the steps it reads. */
  readonly steps: readonly string[];
  /** Its place when it is nothing but a reference, such as `run.input.amount`. */
  readonly path: readonly string[] | null;
  /** Its value; `input` is what the step is about to be given, where a rule may read it. */
  evaluate(scope: Scope, input?: Json): Evaluated<Json>;
}

/** A checked expression, or what is wrong with it. */
export type CheckedExpression =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problem: ExpressionProblem };

/** Finds a step's index by its id. */
export type IndexOf = ReadonlyMap<string, number>;

/** Ids of the steps that an expression names; none when it can't be parsed. */
export function stepsNamed(source: string): readonly string[] {
  try {
    return namesOf(evaluating.parse(source).ast).steps;
  } catch {
    return [];
  }
}

/** Parses and type-checks an expression; `wanted` is the type it must give, if one is needed. */
export function checkExpression(
  source: string,
  environment: Environment,
  indexOf: IndexOf,
  wanted?: 'bool',
): CheckedExpression {
  const checked = environment.check(source);
  if (!checked.valid) {
    const { summary, range } = checked.error ?? { summary: 'no valid expression', range: null };
    return problem(range?.start ?? 0, `expected a valid expression, found: ${summary}`);
  }
  if (wanted !== undefined && checked.type !== wanted && checked.type !== 'dyn') {
    return problem(0, `expected an expression of type ${wanted}, found one of ${checked.type}`);
  }
  const parsed = evaluating.parse(source);
  const refusal = whyRefused(parsed.ast);
  if (refusal !== null) return { ok: false, problem: refusal };
  const { steps, path } = namesOf(parsed.ast);
  const isNested = loopDepth(parsed.ast) > 1;
  const evaluate = (scope: Scope, input?: Json): Evaluated<Json> => {
    const context = { ...contextOf(scope, steps, indexOf), input };
    const longest = isNested ? longestList(context) : 0;
    if (longest > NESTED_ITEMS_MAX) {
      const found = `expected lists of at most ${NESTED_ITEMS_MAX} items in nested loops`;
      return { ok: false, message: `${found}, found ${longest}; compute the value in a step` };
    }
    const meter = scope.meter ?? new Meter();
    try {
      meter.spend(1);
      return toJson(parsed(context), source);
    } catch (error) {
      if (error instanceof OutOfSteps) return { ok: false, message: error.message };
      return { ok: false, message: `expected a value of "${source}", found: ${summaryOf(error)}` };
    }
  };
  return { ok: true, expression: { steps, path, evaluate } };
}

function problem(offset: number, message: string): CheckedExpression {
  return { ok: false, problem: { offset, message: `${message}; correct the expression` } };
}

/** Only the steps that the expression names are looked up: a large graph costs nothing. */
function contextOf(scope: Scope, steps: readonly string[], indexOf: IndexOf) {
  const seen: Record<string, { status: string; output?: Json }> = {};
  for (const id of steps) {
    const { status, output } = scope.step(indexOf.get(id) ?? -1);
    seen[id] = output === undefined ? { status } : { status, output };
  }
  return { run: scope.run, steps: seen };
}

/** What went wrong in one line; the checker's own text draws the place over several. */
function summaryOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown error';
  return 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message;
}

/** Items of the longest list anywhere in a value: what a nested loop may go over twice. */
function longestList(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let longest = Array.isArray(value) ? value.length : 0;
  for (const member of Object.values(value)) longest = Math.max(longest, longestList(member));
  return longest;
}

function toJson(value: unknown, source: string): Evaluated<Json> {
  const room: Room = { left: LIMITS.commandBytesMax };
  const json = plain(value, room);
  if (room.left < 0) {
    const found = `expected "${source}" to give at most ${LIMITS.commandBytesMax} characters`;
    return { ok: false, message: `${found} of JSON, found more; compute the value in a step` };
  }
  if (json !== undefined) return { ok: true, value: json };
  const found = room.found ?? 'another kind of value';
  return { ok: false, message: `expected "${source}" to give JSON, found ${found}` };
}

/** How much more a value may hold: loops can multiply a list beyond any memory. */
interface Room {
  left: number;
  /** What was met that is no JSON. */
  found?: string;
}

/** The JSON of what an expression gave, as its text will say it; whole numbers come as BigInt. */
function plain(value: unknown, room: Room): Json | undefined {
  room.left -= typeof value === 'string' ? value.length + 1 : 1;
  if (room.left < 0) return undefined;
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return whole(value, room);
  if (typeof value === 'number' || typeof value === 'bigint') return kept(value, room);
  return Array.isArray(value) ? plainList(value, room) : plainObject(value, room);
}

/** A number that is the same once it was written and read again. */
function kept(value: number | bigint, room: Room): number | undefined {
  const number = Number(value);
  if (whyNotKept(number) === null) return isMinusZero(number) ? 0 : number;
  room.found = `the number ${String(value).slice(0, SHOWN_CHARS)}, which JSON can't keep`;
  return undefined;
}

/** A text that was not cut inside a character. */
function whole(text: string, room: Room): string | undefined {
  if (text.isWellFormed()) return text;
  room.found = 'text with half a character';
  return undefined;
}

function plainList(list: readonly unknown[], room: Room): Json | undefined {
  const items: Json[] = [];
  for (const item of list) {
    const json = plain(item, room);
    if (json === undefined) return undefined;
    items.push(json);
  }
  return items;
}

function plainObject(value: unknown, room: Room): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    const json = plain(member, room);
    if (json === undefined || whole(key, room) === undefined) return undefined;
    room.left -= key.length;
    members.push([key, json]);
  }
  return Object.fromEntries(members);
}
