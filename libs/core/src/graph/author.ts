import type { Definition, Json, JsonObject } from '@fermata/contracts';
import { checkExpression, stepsNamed, type Expression } from '../expression/expression';
import { checkingEnvironment, untyped } from '../expression/environment';
import { typeOfSchema, type ExpressionType } from '../expression/types';
import type { Contract, ContractCompiler } from '../handoff/contract';
import { isObject } from '../handoff/json-object';
import type { Pieces } from '../pieces';
import type { Evaluated, Scope } from './scope';
import { nearest, type Order } from './order';
import { complain, isFull, type Report } from './problem';

type Path = readonly (string | number)[];

/** What the compilation of one definition shares. */
export interface Compilation {
  readonly definition: Definition;
  readonly order: Order;
  /** Whether a step ends before another begins. */
  readonly precedes: (earlier: number, later: number) => boolean;
  readonly report: Report;
  readonly contracts: ContractCompiler;
  /** Schema of each step's output, by index; null where nothing is promised. */
  readonly outputs: readonly (JsonObject | null)[];
  /** The type of each step's output in expressions, by index. */
  readonly types: readonly ExpressionType[];
  /** Takes each expression with its place while an author is told what is wrong; null for runs. */
  readonly placed: Placed[] | null;
  /** How much of the schemas may still be looked through to check handoffs. */
  readonly handoffs: { left: number };
}

/** An expression and where it stands. */
export interface Placed {
  readonly source: string;
  readonly place: Place;
}

/** Compiles the schema at a path; without one, or with a bad one, every value passes. */
export function* contractAt(
  compilation: Compilation,
  schema: JsonObject | null | undefined,
  path: Path,
): Pieces<Contract> {
  if (schema === null || schema === undefined) return () => null;
  const compiled = yield* compilation.contracts.compiling(schema);
  if (compiled.ok) return compiled.contract;
  const inside = placeInSchema(compiled.message);
  complain(compilation.report, 'DEFINITION_INVALID', [...path, ...inside], compiled.message);
  return () => null;
}

/** The keys inside a schema that the checker's message names, such as `data/properties/a/type`. */
function placeInSchema(message: string): readonly string[] {
  const [, pointer = ''] = /(?:\bdata|#)(\/[^\s"]+)/.exec(message) ?? [];
  const keys = pointer.split('/').slice(1);
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Where an expression stands, and what it may read. */
export interface Place {
  readonly path: Path;
  /** The step whose needs it may read; null for the whole graph. */
  readonly step: number | null;
  readonly wanted?: 'bool';
  /** Whether it may read `input`. */
  readonly input?: boolean;
}

/** Checks the expression at a place and reports what is wrong with it; that is one piece. */
export function* expressionAt(
  compilation: Compilation,
  source: string,
  place: Place,
): Pieces<Expression | null> {
  yield;
  const { order, report } = compilation;
  if (isFull(report)) return null;
  const named = stepsNamed(source);
  const unknown = named.find((id) => !mayRead(compilation, place.step, id));
  if (unknown !== undefined) {
    const readable = order.ids.filter((id) => mayRead(compilation, place.step, id));
    const known = readable.length === 0 ? 'none may be read here' : nearest(unknown, readable);
    const found = `expected a step that runs before this one, found "${unknown}"`;
    const message = `${found}; add it to needs, or did you mean: ${known}?`;
    complain(report, 'STEP_UNKNOWN', place.path, message, offsetOfStep(source, unknown));
    return null;
  }
  // A run's definition was checked when it was deployed, with what was known of types then.
  const { placed } = compilation;
  const checked =
    placed === null
      ? checkExpression(source, untyped, order.indexOf)
      : checkExpression(
          source,
          typesAt(compilation, named, place),
          order.indexOf,
          place.wanted,
          compilation.contracts.patterns,
        );
  if (checked.ok) {
    placed?.push({ source, place });
    return checked.expression;
  }
  const { message, offset } = checked.problem;
  complain(report, 'EXPRESSION_INVALID', place.path, message, offset);
  return null;
}

/** Where an expression names a step; the same word may stand elsewhere in it. */
function offsetOfStep(source: string, id: string): number {
  const named = new RegExp(`\\bsteps\\s*\\.\\s*${id}\\b`).exec(source);
  return named === null ? 0 : named.index + named[0].length - id.length;
}

/** Only of a step that ends before this one begins may the output be read. */
function mayRead({ order, precedes }: Compilation, reader: number | null, id: string): boolean {
  const wanted = order.indexOf.get(id);
  if (wanted === undefined) return false;
  return reader === null || precedes(wanted, reader);
}

function typesAt(
  { definition, order, types }: Compilation,
  named: readonly string[],
  place: Place,
) {
  const input = typeOfSchema(definition.workflow.input);
  const run = { id: 'string', tenant: 'string', requester: 'string', input };
  const steps: Record<string, ExpressionType> = {};
  for (const id of named) {
    const output = types[order.indexOf.get(id) ?? -1] ?? 'dyn';
    steps[id] = { status: 'string', output };
  }
  return checkingEnvironment({
    run,
    ...(named.length === 0 ? {} : { steps }),
    ...(place.input ? { input: 'dyn' } : {}),
  });
}

/** The expressions of an object's fields, by field. */
export function* fieldsAt(
  compilation: Compilation,
  fields: Readonly<Record<string, string>>,
  path: Path,
  step: number | null,
): Pieces<ReadonlyMap<string, Expression>> {
  const checked = new Map<string, Expression>();
  for (const [name, source] of Object.entries(fields)) {
    const place = { path: [...path, name], step };
    const expression = yield* expressionAt(compilation, source, place);
    if (expression !== null) checked.set(name, expression);
  }
  return checked;
}

/** The object that its fields' expressions give. */
export function evaluateFields(
  fields: ReadonlyMap<string, Expression>,
  scope: Scope,
): Evaluated<Json> {
  const value: Record<string, Json> = {};
  for (const [name, expression] of fields) {
    const field = expression.evaluate(scope);
    if (!field.ok) return { ok: false, message: `field "${name}": ${field.message}` };
    value[name] = field.value;
  }
  return { ok: true, value };
}

/** A condition's value; one that gives no boolean is a mistake, not a no. */
export function truthOf(value: Evaluated<Json>): Evaluated<boolean> {
  if (!value.ok) return value;
  if (typeof value.value === 'boolean') return { ok: true, value: value.value };
  const found = isObject(value.value) ? 'an object' : JSON.stringify(value.value);
  return { ok: false, message: `expected a condition to give true or false, found ${found}` };
}
