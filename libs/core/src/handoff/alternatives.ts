import { canonicalJson, type Json, type JsonObject } from '@fermata/contracts';
import { isList, isObject, listOf } from './json-object';

/** A schema inside a document: a `$ref` in it counts from the document's root. */
export interface Located {
  readonly schema: Json;
  readonly root: JsonObject;
}

/** A kind of JSON value. */
export type Kind = 'null' | 'boolean' | 'integer' | 'number' | 'string' | 'array' | 'object';

/** Some of a schema's values: those that meet all of these parts at once. */
export interface Alternative {
  /** Schemas without anything that combines others; what a value of it meets, all of them. */
  readonly parts: readonly Part[];
  /** Kinds that the parts' `type` leaves; null when none of them names one. */
  readonly declared: ReadonlySet<Kind> | null;
  /** Kinds that its values may have. */
  readonly kinds: ReadonlySet<Kind>;
  /** All that its values may be, when `enum` or `const` lists them. */
  readonly values: readonly Json[] | null;
  /** Whether it is just the schema's values, and no others that nobody could tell apart. */
  readonly exact: boolean;
  /** Whether nothing is known of it at all. */
  readonly unknown: boolean;
}

/** A schema object whose combining keywords were taken apart. */
export interface Part {
  readonly schema: JsonObject;
  readonly root: JsonObject;
}

/** Alternatives of one schema. More are no longer told apart: the schema is then unknown. */
const ALTERNATIVES_MAX = 64;
/** Schemas that one expansion may visit: references can double at each level. */
const VISITED_MAX = 2_000;
/** Levels of references and combinations inside each other. */
const DEPTH_MAX = 64;

const ALL_KINDS: readonly Kind[] = ['null', 'boolean', 'number', 'string', 'array', 'object'];
const NAMED_KINDS: ReadonlySet<Json> = new Set([...ALL_KINDS, 'integer']);

/** What restricts values in a way that is not worked out: they may be fewer than it seems. */
const NOT_WORKED_OUT = [
  'not',
  'contains',
  'propertyNames',
  'dependentRequired',
  'dependencies',
  'unevaluatedProperties',
  'unevaluatedItems',
  'minProperties',
  'maxProperties',
] as const;

interface Draft {
  readonly parts: readonly Part[];
  readonly exact: boolean;
  readonly unknown: boolean;
}

interface Work {
  visited: number;
}

const NOTHING_SAID: Draft = { parts: [], exact: true, unknown: false };
const UNKNOWN: Draft = { parts: [], exact: false, unknown: true };

/**
 * The alternatives that a schema leaves, with `$ref`, `allOf`, `anyOf`, `oneOf` and `if` taken
 * apart. Together they hold every value of the schema, and maybe others: so what none of them
 * allows, the schema does not allow either. A schema that is too large to be worked out is unknown.
 */
export function alternativesOf(schemas: readonly Located[]): readonly Alternative[] {
  const [only] = schemas;
  if (schemas.length !== 1 || only === undefined || !isObject(only.schema)) return settled(schemas);
  const before = known.get(only.schema);
  if (before?.root === only.root) return before.alternatives;
  const alternatives = settled(schemas);
  known.set(only.schema, { root: only.root, alternatives });
  return alternatives;
}

/** A schema is asked for by each step and condition that reads it; schemas never change. */
const known = new WeakMap<
  JsonObject,
  { readonly root: JsonObject; readonly alternatives: readonly Alternative[] }
>();

function settled(schemas: readonly Located[]): readonly Alternative[] {
  const work: Work = { visited: 0 };
  let drafts: readonly Draft[] = [NOTHING_SAID];
  for (const located of schemas) drafts = both(drafts, expand(located, work, 0));
  return drafts.flatMap((draft) => settle(draft) ?? []);
}

/** The alternatives of a whole schema document. */
export function alternativesOfSchema(schema: JsonObject): readonly Alternative[] {
  return alternativesOf([{ schema, root: schema }]);
}

/** Of nothing is anything known. */
export const ANYTHING: readonly Alternative[] = alternativesOf([{ schema: true, root: {} }]);

function expand({ schema, root }: Located, work: Work, depth: number): readonly Draft[] {
  work.visited += 1;
  if (schema === true) return [NOTHING_SAID];
  if (schema === false) return [];
  if (!isObject(schema) || work.visited > VISITED_MAX || depth > DEPTH_MAX) return [UNKNOWN];
  const exact = NOT_WORKED_OUT.every((keyword) => schema[keyword] === undefined);
  const unknown =
    schema['$dynamicRef'] !== undefined ||
    // What has an identity of its own starts another document: its references lead elsewhere.
    (schema !== root && schema['$id'] !== undefined);
  const own: Draft = { parts: [{ schema, root }], exact: exact && !unknown, unknown };
  const inner = (one: Json) => expand({ schema: one, root }, work, depth + 1);
  let drafts: readonly Draft[] = [own];
  if (schema['$ref'] !== undefined) {
    const target = resolve(schema['$ref'], root);
    drafts = both(drafts, target === undefined ? [UNKNOWN] : inner(target));
  }
  for (const one of listOf(schema['allOf'])) drafts = both(drafts, inner(one));
  const anyOf = listOf(schema['anyOf']);
  if (anyOf.length > 0) drafts = both(drafts, anyOf.flatMap(inner));
  const oneOf = listOf(schema['oneOf']);
  if (oneOf.length > 0) drafts = both(drafts, onlyOne(oneOf.map(inner)));
  if (schema['if'] !== undefined) drafts = both(drafts, choice(schema, inner));
  for (const one of Object.values(objectOf(schema['dependentSchemas']))) {
    drafts = both(drafts, inexact([...inner(one), NOTHING_SAID]));
  }
  return drafts;
}

/** What meets two branches of `oneOf` is no value of it: only different kinds exclude that. */
function onlyOne(branches: readonly (readonly Draft[])[]): readonly Draft[] {
  const drafts = branches.flat();
  const seen = new Set<Kind>();
  for (const branch of branches) {
    const kinds = new Set(branch.flatMap((draft) => [...(declaredBy(draft.parts) ?? ALL_KINDS)]));
    if (kinds.has('integer')) kinds.add('number');
    for (const kind of kinds) {
      if (seen.has(kind)) return inexact(drafts);
    }
    for (const kind of kinds) seen.add(kind);
  }
  return drafts;
}

function choice(schema: JsonObject, inner: (one: Json) => readonly Draft[]): readonly Draft[] {
  const met = both(inner(schema['if'] ?? true), inner(schema['then'] ?? true));
  return [...met, ...inexact(inner(schema['else'] ?? true))];
}

function inexact(drafts: readonly Draft[]): readonly Draft[] {
  return drafts.map((draft) => ({ ...draft, exact: false }));
}

/** Every way to be of one and of the other. */
function both(some: readonly Draft[], others: readonly Draft[]): readonly Draft[] {
  if (some.length * others.length > ALTERNATIVES_MAX) return [UNKNOWN];
  return some.flatMap((one) => others.map((other) => joined(one, other)));
}

function joined(one: Draft, other: Draft): Draft {
  const known = new Set(one.parts.map(({ schema }) => schema));
  const more = other.parts.filter(({ schema }) => !known.has(schema));
  return {
    parts: more.length === 0 ? one.parts : [...one.parts, ...more],
    exact: one.exact && other.exact,
    unknown: one.unknown || other.unknown,
  };
}

/** A draft with its kinds and values; null when no value can meet all of its parts. */
function settle({ parts, exact, unknown }: Draft): Alternative | null {
  const declared = declaredBy(parts);
  if (declared?.size === 0) return null;
  const values = valuesOf(parts)?.filter((value) => declared === null || isOf(value, declared));
  if (values?.length === 0) return null;
  const kinds = values === undefined ? (declared ?? new Set(ALL_KINDS)) : kindsOf(values);
  return { parts, declared, kinds, values: values ?? null, exact, unknown };
}

function declaredBy(parts: readonly Part[]): ReadonlySet<Kind> | null {
  let left: ReadonlySet<Kind> | null = null;
  for (const { schema } of parts) {
    const { type } = schema;
    if (type === undefined) continue;
    const named: readonly Json[] = isList(type) ? type : [type];
    const kinds = new Set(named.filter((kind): kind is Kind => NAMED_KINDS.has(kind)));
    // A kind that nobody knows is told where the contract is compiled: nothing follows from it.
    if (kinds.size < new Set(named).size) continue;
    if (schema['nullable'] === true) kinds.add('null');
    left = left === null ? kinds : common(left, kinds);
  }
  return left;
}

function common(one: ReadonlySet<Kind>, other: ReadonlySet<Kind>): ReadonlySet<Kind> {
  const left = [...one].filter((kind) => other.has(kind));
  const isWhole = (a: ReadonlySet<Kind>, b: ReadonlySet<Kind>) =>
    a.has('integer') && !a.has('number') && b.has('number');
  return new Set(isWhole(one, other) || isWhole(other, one) ? [...left, 'integer'] : left);
}

function valuesOf(parts: readonly Part[]): readonly Json[] | undefined {
  let left: readonly Json[] | undefined;
  for (const { schema } of parts) {
    for (const list of [schema['enum'], schema['const'] === undefined ? null : [schema['const']]]) {
      if (!isList(list)) continue;
      const allowed = new Set(list.map((value: Json) => canonicalJson(value)));
      left = (left ?? list).filter((value: Json) => allowed.has(canonicalJson(value)));
    }
  }
  return left;
}

const texts = new WeakMap<readonly Json[], ReadonlySet<string>>();

/** The canonical texts of listed values, made once: lists may be long, and are asked for often. */
export function textsOf(values: readonly Json[]): ReadonlySet<string> {
  const before = texts.get(values);
  if (before !== undefined) return before;
  const made = new Set(values.map((value) => canonicalJson(value)));
  texts.set(values, made);
  return made;
}

function kindsOf(values: readonly Json[]): ReadonlySet<Kind> {
  return new Set(values.map(kindOf));
}

/** The narrowest kind of a value. */
export function kindOf(value: Json): Kind {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (typeof value === 'string') return 'string';
  return typeof value === 'boolean' ? 'boolean' : 'object';
}

/** Whether a value is of one of some kinds. */
export function isOf(value: Json, kinds: ReadonlySet<Kind>): boolean {
  const kind = kindOf(value);
  return kinds.has(kind) || (kind === 'integer' && kinds.has('number'));
}

/** What a reference inside the document names; undefined when it leads elsewhere. */
function resolve(reference: Json, root: JsonObject): Json | undefined {
  if (typeof reference !== 'string') return undefined;
  const own = root['$id'];
  const local =
    typeof own === 'string' && reference.startsWith(`${own}#`)
      ? reference.slice(own.length)
      : reference;
  if (local === '#' || local === own) return root;
  if (!local.startsWith('#/')) return anchored(local, root);
  let found: Json | undefined = root;
  for (const part of local.slice(2).split('/')) {
    const key = decoded(part);
    if (key === null) return undefined;
    if (isList(found)) found = found[Number(key)];
    else if (isObject(found) && Object.hasOwn(found, key)) found = found[key];
    else return undefined;
  }
  return found;
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return null;
  }
}

/** Schemas give themselves names where they are defined; elsewhere nobody looks for them. */
function anchored(reference: string, root: JsonObject): Json | undefined {
  const name = reference.startsWith('#') ? reference.slice(1) : null;
  if (name === null) return undefined;
  const defined = [root['$defs'], root['definitions']].flatMap((one) =>
    Object.values(objectOf(one)),
  );
  return defined.find((one) => isObject(one) && one['$anchor'] === name);
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
