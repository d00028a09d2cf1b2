import type { Environment } from '@marcbachmann/cel-js';
import { isMinusZero, LIMITS, whyNotKept, type Json } from '@fermata/contracts';
import type { Evaluated, Scope } from '../graph/scope';
import { evaluating } from './environment';
import { Meter } from '../meter';
import type { PatternRoom } from '../pattern';
import { countSteps, type Counted } from './metered';
import { namesOf, whyRefused, type ExpressionProblem } from './syntax';

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
  patterns?: PatternRoom,
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
  const refusal = whyRefused(parsed.ast, patterns);
  if (refusal !== null) return { ok: false, problem: refusal };
  const { steps, path } = namesOf(parsed.ast);
  parsed.check();
  const counted: Counted = { meter: new Meter() };
  const stepsOfNodes = countSteps(parsed.ast, counted);
  const evaluate = (scope: Scope, input?: Json): Evaluated<Json> => {
    const context = { ...contextOf(scope, steps, indexOf), input };
    const { meter = new Meter() } = scope;
    counted.meter = meter;
    const found = meter.within(() => {
      meter.spend(stepsOfNodes);
      return valueOf(() => parsed(context), source, meter);
    });
    return found.ok ? found.value : found;
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
  const summary = summaryIn(error);
  return whyNoItem(summary) ?? summary;
}

/** The library forgets the size of an empty list. */
function whyNoItem(summary: string): string | null {
  const found = /index out of bounds, index (\S+) (?:< 0|>= size (\S+))$/.exec(summary);
  if (found === null) return null;
  const [, index, size = ''] = found;
  if (size === '') return `item ${index} of a list, whose first is item 0`;
  const items = size === 'undefined' ? 0 : Number(size);
  return items === 0
    ? `item ${index} of an empty list`
    : `item ${index} of a list of ${items} items`;
}

function summaryIn(error: Error): string {
  return 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message;
}

function valueOf(compute: () => unknown, source: string, meter: Meter): Evaluated<Json> {
  try {
    return toJson(compute(), source, meter);
  } catch (error) {
    return { ok: false, message: `expected a value of "${source}", found: ${summaryOf(error)}` };
  }
}

function toJson(value: unknown, source: string, meter: Meter): Evaluated<Json> {
  const budget: CopyBudget = { left: LIMITS.commandBytesMax, meter };
  const json = plain(value, budget);
  if (budget.left < 0) {
    const found = `expected "${source}" to give at most ${LIMITS.commandBytesMax} characters`;
    return { ok: false, message: `${found} of JSON, found more; compute the value in a step` };
  }
  if (json !== undefined) return { ok: true, value: json };
  const found = budget.found ?? 'another kind of value';
  return { ok: false, message: `expected "${source}" to give JSON, found ${found}` };
}

/** How much more a value may hold: loops can multiply a list beyond any memory. */
interface CopyBudget {
  readonly meter: Meter;
  left: number;
  /** What was met that is no JSON. */
  found?: string;
}

/** The JSON of what an expression gave, as its text will say it; whole numbers come as BigInt. */
function plain(value: unknown, budget: CopyBudget): Json | undefined {
  budget.left -= typeof value === 'string' ? value.length + 1 : 1;
  budget.meter.spend(typeof value === 'string' ? 2 + (value.length >> 3) : 2);
  if (budget.left < 0) return undefined;
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return whole(value, budget);
  if (typeof value === 'number' || typeof value === 'bigint') return kept(value, budget);
  return Array.isArray(value) ? plainList(value, budget) : plainObject(value, budget);
}

/** A number that is the same once it was written and read again. */
function kept(value: number | bigint, budget: CopyBudget): number | undefined {
  const number = Number(value);
  if (whyNotKept(number) === null) return isMinusZero(number) ? 0 : number;
  budget.found = `the number ${String(value).slice(0, SHOWN_CHARS)}, which JSON can't keep`;
  return undefined;
}

/** A text that was not cut inside a character. */
function whole(text: string, budget: CopyBudget): string | undefined {
  if (text.isWellFormed()) return text;
  budget.found = 'text with half a character';
  return undefined;
}

function plainList(list: readonly unknown[], budget: CopyBudget): Json | undefined {
  const items: Json[] = [];
  for (const item of list) {
    const json = plain(item, budget);
    if (json === undefined) return undefined;
    items.push(json);
  }
  return items;
}

function plainObject(value: unknown, budget: CopyBudget): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    const json = plain(member, budget);
    if (json === undefined || whole(key, budget) === undefined) return undefined;
    budget.left -= key.length;
    members.push([key, json]);
  }
  return Object.fromEntries(members);
}
