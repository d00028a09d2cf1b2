import type { Ajv2020 } from 'ajv/dist/2020';
import type { Json, JsonObject } from '@fermata/contracts';
import { isList, isObject } from '../handoff/json-object';
import type { Pieces } from '../pieces';

/** Keywords whose value is a schema, a list of schemas, or an object of them. */
const ONE: ReadonlySet<string> = new Set([
  ...['items', 'contains', 'additionalProperties', 'propertyNames', 'if', 'then', 'else', 'not'],
  ...['unevaluatedItems', 'unevaluatedProperties', 'contentSchema'],
]);
const LISTED: ReadonlySet<string> = new Set(['prefixItems', 'allOf', 'anyOf', 'oneOf']);
const NAMED: ReadonlySet<string> = new Set([
  ...['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'],
  'dependencies',
]);

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';
/** JSON has that many types; whether a longer list has one twice takes the square of its length. */
const TYPES_MAX = 7;

interface Part {
  readonly schema: JsonObject;
  /** JSON pointer of the part from the whole schema. */
  readonly at: string;
}

/**
 * What the schema of schemas has against a schema. Each subschema is looked at by itself, with
 * `true` in place of those inside it: together that is the whole, in pieces of a bounded length.
 */
export function* whyNoSchema(schema: JsonObject, checker: Ajv2020): Pieces<string | null> {
  const meta = typeof schema['$schema'] === 'string' ? schema['$schema'] : DRAFT;
  const open: Part[] = [{ schema, at: '' }];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const { alone, inside } = takenApart(part);
    const { type } = part.schema;
    if (isList(type) && type.length > TYPES_MAX) {
      return `schema is invalid: data${part.at}/type must NOT have more than ${TYPES_MAX} items`;
    }
    const problem = whyNot(alone, part, meta, checker);
    if (problem !== null) return problem;
    for (const next of inside.reverse()) open.push(next);
    yield;
  }
  return null;
}

function whyNot(alone: JsonObject, { at }: Part, meta: string, checker: Ajv2020): string | null {
  try {
    const isSchema = at === '' ? checker.validateSchema(alone) : checker.validate(meta, alone);
    if (isSchema === true) return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'an unknown error';
  }
  const placed = (checker.errors ?? []).map((error) => ({
    ...error,
    instancePath: at + error.instancePath,
  }));
  return `schema is invalid: ${checker.errorsText(placed)}`;
}

/** A schema with `true` for each object that is a schema inside it, and those. */
function takenApart({ schema, at }: Part): { alone: JsonObject; inside: Part[] } {
  const inside: Part[] = [];
  const cut = (value: Json, key: string): Json => {
    if (!isObject(value)) return value;
    inside.push({ schema: value, at: `${at}/${key}` });
    return true;
  };
  const members = Object.entries(schema).map(([key, value]): [string, Json] => {
    if (ONE.has(key)) return [key, cut(value, key)];
    if (LISTED.has(key) && isList(value)) {
      return [key, value.map((item, index) => cut(item, `${key}/${index}`))];
    }
    if (!NAMED.has(key) || !isObject(value)) return [key, value];
    const named = Object.entries(value).map(([name, one]): [string, Json] => [
      name,
      cut(one, `${key}/${escaped(name)}`),
    ]);
    // Names mean something only as patterns; elsewhere there is nothing more to look at.
    const left = key === 'patternProperties' ? named : named.filter(([, one]) => one !== true);
    return [key, Object.fromEntries(left)];
  });
  return { alone: Object.fromEntries(members), inside };
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
