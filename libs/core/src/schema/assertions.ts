import { canonicalJson, type Json, type JsonObject } from '@fermata/contracts';
import { isList, isObject, textOf } from '../handoff/json-object';
import type { Maker } from './maker';
import { equal, sizeOf } from './equality';
import { fail, type Check, type Run } from './node';

type Names = Readonly<Record<string, Maker>>;

/** The type keyword, and `nullable`, which OpenAPI has beside it. */
export function typeCheck(schema: JsonObject): Check | null {
  const { type, nullable } = schema;
  if (type === undefined) return null;
  const types = new Set([...(isList(type) ? type : [type]).map(String)]);
  if (nullable === true) types.add('null');
  const message = `must be ${[...types].join(',')}`;
  const integer = types.has('integer') && !types.has('number');
  return (value, run) => {
    const found = typeOf(value);
    if (found === 'number' && integer && Number.isInteger(value)) return null;
    return types.has(found) && (found !== 'number' || Number.isFinite(value))
      ? null
      : fail(run, 'type', message);
  };
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return isList(value) ? 'array' : typeof value;
}

function ofNumber(keyword: string, sign: string, holds: (value: number, limit: number) => boolean) {
  const make: Maker = (limit) => {
    const bound = Number(limit);
    const message = `must be ${sign} ${bound}`;
    return (value, run) =>
      typeof value !== 'number' || holds(value, bound) ? null : fail(run, keyword, message);
  };
  return make;
}

function ofSize(
  keyword: string,
  words: string,
  sizeIn: (value: Json, run: Run) => number | null,
): Maker {
  const most = keyword.startsWith('max');
  return (limit) => {
    const bound = Number(limit);
    const message = `must NOT have ${most ? 'more' : 'fewer'} than ${bound} ${words}`;
    return (value, run) => {
      const size = sizeIn(value, run);
      if (size === null || (most ? size <= bound : size >= bound)) return null;
      return fail(run, keyword, message);
    };
  };
}

/** Characters, as people count them; half a pair of surrogates is none. */
function charsIn(value: Json, run: Run): number | null {
  if (typeof value !== 'string') return null;
  run.meter.spend(value.length >> 2);
  let chars = value.length;
  for (let at = 0; at < value.length - 1; at++) {
    const code = value.charCodeAt(at);
    if (code < 0xd800 || code > 0xdbff) continue;
    const next = value.charCodeAt(at + 1);
    if (next < 0xdc00 || next > 0xdfff) continue;
    chars -= 1;
    at += 1;
  }
  return chars;
}

function keysIn(value: Json, run: Run): number | null {
  if (!isObject(value)) return null;
  const { length } = Object.keys(value);
  run.meter.spend(8 * length);
  return length;
}

const itemsIn = (value: Json): number | null => (isList(value) ? value.length : null);

const pattern: Maker = (source, _, __, into) => {
  const compiled = into.patterns.compile(textOf(source));
  if (!compiled.ok) {
    into.complain(compiled.message);
    return null;
  }
  const message = `must match pattern "${textOf(source)}"`;
  return (value, run) =>
    typeof value !== 'string' || compiled.pattern.test(value, run.meter)
      ? null
      : fail(run, 'pattern', message);
};

const format: Maker = (name, _, __, into) => {
  const check = into.formats.get(textOf(name));
  if (check === undefined) {
    into.complain(`unknown format "${textOf(name)}"`);
    return null;
  }
  const message = `must match format "${textOf(name)}"`;
  return (value, run) => {
    if (typeof value !== 'string') return null;
    run.meter.spend(value.length);
    return check(value) ? null : fail(run, 'format', message);
  };
};

const multipleOf: Maker = (of) => {
  const divisor = Number(of);
  const message = `must be multiple of ${divisor}`;
  return (value, run) =>
    typeof value !== 'number' || Number.isInteger(value / divisor)
      ? null
      : fail(run, 'multipleOf', message);
};

const required: Maker = (names, _, node) => {
  if (!isList(names) || names.length === 0) return null;
  node.steps += names.length;
  const wanted = names.map(String);
  return (value, run) => {
    if (!isObject(value)) return null;
    const missing = wanted.find((name) => !Object.hasOwn(value, name));
    if (missing === undefined) return null;
    return fail(run, 'required', `must have required property '${missing}'`);
  };
};

const dependentRequired: Maker = (dependents, _, node) => {
  if (!isObject(dependents)) return null;
  const all = Object.entries(dependents).map(([name, needs]) => {
    const needed = isList(needs) ? needs.map(String) : [];
    node.steps += 1 + needed.length;
    return { name, needed };
  });
  return (value, run) => {
    if (!isObject(value)) return null;
    for (const { name, needed } of all) {
      if (!Object.hasOwn(value, name)) continue;
      const missing = needed.find((need) => !Object.hasOwn(value, need));
      if (missing === undefined) continue;
      const message = `must have property ${missing} when property ${name} is present`;
      return fail(run, 'dependentRequired', message);
    }
    return null;
  };
};

/** By text rather than each item with each other, whose time has no bound that one could bear. */
const uniqueItems: Maker = (unique) => {
  if (unique !== true) return null;
  return (value, run) => {
    if (!isList(value) || value.length < 2) return null;
    run.meter.spend(8 * sizeOf(value));
    const differ = new Set(value.map(canonicalJson)).size === value.length;
    return differ ? null : fail(run, 'uniqueItems', 'must not have equal items');
  };
};

const constant: Maker = (wanted, _, node) => {
  node.steps += sizeOf(wanted);
  return (value, run) =>
    equal(value, wanted) ? null : fail(run, 'const', 'must be equal to constant');
};

const oneOfValues: Maker = (allowed, _, node) => {
  if (!isList(allowed)) return null;
  const plain = new Set<Json>(allowed.filter((one) => typeof one !== 'object' || one === null));
  const deep = allowed.filter((one) => typeof one === 'object' && one !== null);
  node.steps += sizeOf(deep);
  return (value, run) => {
    if (plain.has(value) || deep.some((one) => equal(value, one))) return null;
    return fail(run, 'enum', 'must be equal to one of the allowed values');
  };
};

/** Keywords that say something of a value without a schema of their own. */
export const ASSERTIONS: Names = {
  maximum: ofNumber('maximum', '<=', (value, limit) => value <= limit),
  minimum: ofNumber('minimum', '>=', (value, limit) => value >= limit),
  exclusiveMaximum: ofNumber('exclusiveMaximum', '<', (value, limit) => value < limit),
  exclusiveMinimum: ofNumber('exclusiveMinimum', '>', (value, limit) => value > limit),
  multipleOf,
  maxLength: ofSize('maxLength', 'characters', charsIn),
  minLength: ofSize('minLength', 'characters', charsIn),
  pattern,
  format,
  const: constant,
  enum: oneOfValues,
  maxItems: ofSize('maxItems', 'items', itemsIn),
  minItems: ofSize('minItems', 'items', itemsIn),
  uniqueItems,
  maxProperties: ofSize('maxProperties', 'properties', keysIn),
  minProperties: ofSize('minProperties', 'properties', keysIn),
  required,
  dependentRequired,
};
