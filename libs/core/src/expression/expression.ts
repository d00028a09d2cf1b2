import type { Environment } from '@marcbachmann/cel-js';
import type { Json } from '@fermata/contracts';
import type { Evaluated, Scope } from '../graph/graph';
import { evaluating } from './environment';
import { namesOf, whyRefused } from './syntax';

/** What is wrong with an expression, and where in its text. */
export interface ExpressionProblem {
  readonly offset: number;
  readonly message: string;
}

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
  const evaluate = (scope: Scope, input?: Json): Evaluated<Json> => {
    try {
      return toJson(parsed({ ...contextOf(scope, steps, indexOf), input }), source);
    } catch (error) {
      const found = error instanceof Error ? error.message : 'an unknown error';
      return { ok: false, message: `expected a value of "${source}", found: ${found}` };
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

function toJson(value: unknown, source: string): Evaluated<Json> {
  const json = plain(value);
  if (json !== undefined) return { ok: true, value: json };
  return { ok: false, message: `expected "${source}" to give JSON, found another kind of value` };
}

/** The JSON of what an expression gave; whole numbers come as BigInt. */
function plain(value: unknown): Json | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
  }
  if (Array.isArray(value)) {
    const items = value.map(plain);
    return items.some((item) => item === undefined) ? undefined : (items as Json[]);
  }
  return plainObject(value);
}

function plainObject(value: unknown): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  const members = Object.entries(value).map(([key, member]) => [key, plain(member)] as const);
  if (members.some(([, member]) => member === undefined)) return undefined;
  return Object.fromEntries(members) as Json;
}
