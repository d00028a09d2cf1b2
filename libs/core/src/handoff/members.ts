import type { Json, JsonObject } from '@fermata/contracts';
import { alternativesOf, ANYTHING, type Alternative, type Located } from './alternatives';
import { isObject, listOf, textOf } from './json-object';
import { Meter } from '../meter';
import { PatternRoom, type Pattern } from '../pattern';

/** What a schema says of one field of its objects. */
export interface Member {
  /**
   * `named`: some part describes it. `unnamed`: no part says anything, so that it may be there.
   * `never`: a part allows no field of this name.
   */
  readonly said: 'named' | 'unnamed' | 'never';
  readonly alternatives: readonly Alternative[];
}

/** What one alternative says of a field. */
export function memberOf(alternative: Alternative, name: string): Member {
  if (alternative.unknown) return { said: 'unnamed', alternatives: ANYTHING };
  const schemas: Located[] = [];
  for (const { schema, root } of alternative.parts) {
    const own = schemasOf(schema, name);
    if (own === 'never') return { said: 'never', alternatives: [] };
    schemas.push(...own.map((one) => ({ schema: one, root })));
  }
  if (schemas.length > 0) return { said: 'named', alternatives: alternativesOf(schemas) };
  const isListed = requiredBy(alternative).has(name) || hasInValues(alternative, name);
  return { said: isListed ? 'named' : 'unnamed', alternatives: ANYTHING };
}

/** Fields that a value of an alternative can't lack. */
export function requiredBy({ parts, values }: Alternative): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { schema } of parts) {
    for (const name of listOf(schema['required'])) names.add(textOf(name));
  }
  const [first, ...others] = (values ?? []).filter(isObject);
  for (const name of Object.keys(first ?? {})) {
    if (others.every((other) => Object.hasOwn(other, name))) names.add(name);
  }
  return names;
}

/** Fields that an alternative names, and whether it also allows others by word. */
export function namesIn(alternative: Alternative): {
  readonly names: ReadonlySet<string>;
  readonly isOpen: boolean;
} {
  const names = new Set(requiredBy(alternative));
  let isOpen = alternative.unknown;
  for (const { schema } of alternative.parts) {
    for (const name of Object.keys(objectOf(schema['properties']))) names.add(name);
    for (const more of Object.values(objectOf(schema['dependentRequired']))) {
      for (const name of listOf(more)) names.add(textOf(name));
    }
    const others = [schema['additionalProperties'], schema['unevaluatedProperties']];
    if (others.some((other) => other === true || isObject(other))) isOpen = true;
    if (schema['patternProperties'] !== undefined || schema['propertyNames'] !== undefined) {
      isOpen = true;
    }
  }
  for (const value of alternative.values ?? []) {
    for (const name of Object.keys(isObject(value) ? value : {})) names.add(name);
  }
  return { names, isOpen };
}

/** What an alternative says of the items of its lists. */
export function itemsOf({ parts, unknown }: Alternative): readonly Alternative[] {
  if (unknown || parts.some(({ schema }) => schema['prefixItems'] !== undefined)) return ANYTHING;
  return alternativesOf(
    parts.flatMap(({ schema, root }) =>
      schema['items'] === undefined ? [] : [{ schema: schema['items'], root }],
    ),
  );
}

function schemasOf(schema: JsonObject, name: string): readonly Json[] | 'never' {
  const found: Json[] = [];
  const properties = objectOf(schema['properties']);
  if (Object.hasOwn(properties, name)) found.push(properties[name] ?? true);
  for (const { pattern, one } of patternsOf(objectOf(schema['patternProperties']))) {
    if (pattern.test(name, new Meter())) found.push(one);
  }
  const others = schema['additionalProperties'];
  if (found.length === 0 && others !== undefined) found.push(others);
  return found.includes(false) ? 'never' : found;
}

function hasInValues({ values }: Alternative, name: string): boolean {
  return values?.some((value) => isObject(value) && Object.hasOwn(value, name)) ?? false;
}

interface Matching {
  readonly pattern: Pattern;
  readonly one: Json;
}

/** A schema's patterns are compiled once, however many of its fields are asked for. */
const compiled = new WeakMap<JsonObject, readonly Matching[]>();

/** A pattern that can't be read is found when its contract is compiled. */
function patternsOf(patternProperties: JsonObject): readonly Matching[] {
  const before = compiled.get(patternProperties);
  if (before !== undefined) return before;
  const room = new PatternRoom();
  const made = Object.entries(patternProperties).flatMap(([source, one]) => {
    const pattern = room.compile(source);
    return pattern.ok ? [{ pattern: pattern.pattern, one }] : [];
  });
  compiled.set(patternProperties, made);
  return made;
}

/** How much there is to look through when a value or a field of one is asked for. */
export function weightOf(alternatives: readonly Alternative[]): number {
  let weight = 0;
  for (const { values, parts } of alternatives) {
    weight += 1 + parts.length + (values?.length ?? 0);
    for (const { schema } of parts) {
      weight += Object.keys(objectOf(schema['patternProperties'])).length;
      weight += listOf(schema['required']).length;
    }
  }
  return weight;
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
