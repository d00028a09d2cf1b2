import { canonicalJson, shorten, type Json, type JsonObject } from '@fermata/contracts';
import { alternativesOfSchema, isOf, textsOf, type Alternative, type Kind } from './alternatives';
import { itemsOf, memberOf, namesIn, requiredBy } from './members';

/** Levels of fields and items that are compared: a schema may hold itself. */
const LEVELS_MAX = 16;
/** Pairs of schemas that one comparison looks at. */
const COMPARED_MAX = 2_000;
/** Values of a list that a message shows at most, and the characters of them all. */
const SHOWN_MAX = 50;
const SHOWN_CHARS = 500;

interface Comparison {
  readonly place: string;
  readonly level: number;
  readonly work: { compared: number };
}

/**
 * Why a consumer can't accept what a producer promises, or null when nothing says so. It says no
 * only where the producer may give a value that the consumer refuses; it is careful, not complete:
 * what two schemas leave open is checked on the value at run time.
 */
export function whyIncompatible(
  producer: JsonObject,
  consumer: JsonObject,
  place = '',
): string | null {
  return whyRefused(alternativesOfSchema(producer), alternativesOfSchema(consumer), place);
}

/** The same for what is known of both. */
export function whyRefused(
  producer: readonly Alternative[],
  consumer: readonly Alternative[],
  place: string,
): string | null {
  return compare(producer, consumer, { place, level: 0, work: { compared: 0 } });
}

/** What is known of the value at a path of fields, or null when the schema leaves it open. */
export function alternativesAt(
  alternatives: readonly Alternative[],
  path: readonly string[],
): readonly Alternative[] | null {
  let found = alternatives;
  for (const name of path) {
    const members = found
      .filter(({ kinds }) => kinds.has('object'))
      .map((one) => memberOf(one, name));
    if (members.length === 0 || members.some(({ said }) => said === 'unnamed')) return null;
    found = members.flatMap((member) => member.alternatives);
  }
  return found;
}

function compare(
  producer: readonly Alternative[],
  consumer: readonly Alternative[],
  comparison: Comparison,
): string | null {
  const { level, work } = comparison;
  work.compared += 1;
  if (level > LEVELS_MAX || work.compared > COMPARED_MAX) return null;
  if (consumer.some(({ unknown }) => unknown)) return null;
  for (const alternative of producer) {
    // What may have fewer values than it seems proves nothing.
    if (!alternative.exact || alternative.unknown) continue;
    const why = whyAlternative(alternative, consumer, comparison);
    if (why !== null) return why;
  }
  return null;
}

function whyAlternative(
  producer: Alternative,
  consumer: readonly Alternative[],
  comparison: Comparison,
): string | null {
  if (producer.values !== null) return whyValues(producer, consumer, comparison);
  // Without a type every kind may come, and none is promised: the value is checked instead.
  if (producer.declared === null) return fieldsRefused(producer, consumer, comparison);
  for (const kind of producer.declared) {
    if (consumer.some(({ kinds }) => accepts(kinds, kind))) continue;
    if (!isInhabited(producer, kind, 0)) continue;
    // Between what whole numbers are and other numbers stands what nobody works out.
    if (kind === 'number' && consumer.some(({ kinds }) => kinds.has('integer'))) {
      if (!hasBrokenNumbers(producer)) continue;
    }
    return `${at(comparison)}: expected ${kindsIn(consumer)}, found ${kind}`;
  }
  return (
    fieldsRefused(producer, consumer, comparison) ?? itemsRefused(producer, consumer, comparison)
  );
}

function accepts(kinds: ReadonlySet<Kind>, kind: Kind): boolean {
  return kinds.has(kind) || (kind === 'integer' && kinds.has('number'));
}

function kindsIn(alternatives: readonly Alternative[]): string {
  const kinds = new Set(alternatives.flatMap((one) => [...one.kinds]));
  return kinds.size === 0 ? 'no value at all' : [...kinds].join(' or ');
}

function whyValues(
  producer: Alternative,
  consumer: readonly Alternative[],
  comparison: Comparison,
): string | null {
  if (producer.parts.some(({ schema }) => Object.keys(schema).some(isMoreThanValues))) return null;
  const refused = producer.values?.find((value) => !consumer.some((one) => mayBe(value, one)));
  if (refused === undefined) return null;
  const listed = consumer.flatMap(({ values }) => (values ?? []).slice(0, SHOWN_MAX));
  const isList = consumer.every(({ values }) => values !== null);
  const expected = isList ? `one of ${shown(listed)}` : kindsIn(consumer);
  return `${at(comparison)}: expected ${expected}, found ${shown(refused)}`;
}

/** Keywords that say nothing more of a value that `enum` or `const` lists. */
const OF_VALUES: ReadonlySet<string> = new Set([
  ...['type', 'enum', 'const', 'title', 'description', 'default', 'examples', 'deprecated'],
  ...['$ref', '$defs', 'definitions', '$id', '$schema', '$anchor', '$comment'],
  ...['allOf', 'anyOf', 'oneOf'],
]);

function isMoreThanValues(keyword: string): boolean {
  return !OF_VALUES.has(keyword);
}

/** Whether a value may be of an alternative, as far as kinds and lists of values say. */
function mayBe(value: Json, { kinds, values }: Alternative): boolean {
  if (values === null) return isOf(value, kinds);
  return textsOf(values).has(canonicalJson(value));
}

function shown(value: Json): string {
  return shorten(canonicalJson(value), SHOWN_CHARS);
}

function fieldsRefused(
  producer: Alternative,
  consumer: readonly Alternative[],
  comparison: Comparison,
): string | null {
  const takers = consumer.filter(({ kinds }) => kinds.has('object'));
  const { names } = namesIn(producer);
  const described = [...names].filter((name) => memberOf(producer, name).said === 'named');
  if (takers.length === 0 || described.length === 0) return null;
  if (!producer.kinds.has('object') || !isInhabited(producer, 'object', 0)) return null;
  const promised = requiredBy(producer);
  const wanted = takers.map(requiredBy);
  const missing = [...(wanted[0] ?? [])].find(
    (name) => !promised.has(name) && wanted.every((one) => one.has(name)),
  );
  if (missing !== undefined) {
    return `${at(comparison)}: expected "${missing}" in every value, found it not promised`;
  }
  for (const name of described) {
    const members = takers.map((one) => memberOf(one, name));
    if (members.some(({ said }) => said === 'unnamed')) continue;
    const place = `${comparison.place}/${name}`;
    const accepted = members.flatMap(({ alternatives }) => alternatives);
    const given = memberOf(producer, name).alternatives;
    if (accepted.length === 0) {
      if (!promised.has(name) || given.length === 0) continue;
      return `${at(comparison)}: expected no field "${name}", found it in every value`;
    }
    const why = compare(given, accepted, { ...comparison, place, level: comparison.level + 1 });
    if (why !== null) return why;
  }
  return null;
}

function itemsRefused(
  producer: Alternative,
  consumer: readonly Alternative[],
  comparison: Comparison,
): string | null {
  const takers = consumer.filter(({ kinds }) => kinds.has('array'));
  if (takers.length === 0 || !producer.kinds.has('array') || !mayHaveItems(producer)) return null;
  const place = `${comparison.place}/*`;
  const accepted = takers.flatMap(itemsOf);
  return compare(itemsOf(producer), accepted, {
    ...comparison,
    place,
    level: comparison.level + 1,
  });
}

/** Whether some list of it has an item of any kind that its items may have. */
function mayHaveItems({ parts }: Alternative): boolean {
  return parts.every(({ schema }) => {
    const { maxItems, minItems, uniqueItems } = schema;
    if (uniqueItems === true && Number(minItems ?? 0) > 1) return false;
    return Number(maxItems ?? 1) >= Math.max(1, Number(minItems ?? 0));
  });
}

/** Whether there surely is a value of a kind in an alternative. */
function isInhabited(alternative: Alternative, kind: Kind, level: number): boolean {
  if (level > LEVELS_MAX || !alternative.exact || alternative.unknown) return false;
  const { parts } = alternative;
  switch (kind) {
    case 'string':
      return (
        limitOf(parts, ['minLength'], Math.max, 0) <=
        limitOf(parts, ['maxLength'], Math.min, Infinity)
      );
    case 'integer':
    case 'number':
      return hasRoom(parts, kind);
    case 'array':
      return limitOf(parts, ['minItems'], Math.max, 0) === 0;
    case 'object':
      return [...requiredBy(alternative)].every((name) => {
        const { said, alternatives } = memberOf(alternative, name);
        return said !== 'never' && alternatives.some((one) => hasAny(one, level + 1));
      });
    default:
      return true;
  }
}

function hasAny(alternative: Alternative, level: number): boolean {
  if (alternative.values !== null) {
    return (
      alternative.exact &&
      !alternative.parts.some(({ schema }) => Object.keys(schema).some(isMoreThanValues))
    );
  }
  return [...alternative.kinds].some((kind) => isInhabited(alternative, kind, level));
}

function hasRoom(parts: Alternative['parts'], kind: 'integer' | 'number'): boolean {
  const least = limitOf(parts, ['minimum', 'exclusiveMinimum'], Math.max, -Infinity);
  const most = limitOf(parts, ['maximum', 'exclusiveMaximum'], Math.min, Infinity);
  if (parts.some(({ schema }) => schema['multipleOf'] !== undefined)) {
    return least === -Infinity || most === Infinity;
  }
  return kind === 'number' ? least < most : most - least >= 2;
}

/** Whether some number of it is surely not a whole one. */
function hasBrokenNumbers({ parts }: Alternative): boolean {
  return (
    parts.every(({ schema }) => schema['multipleOf'] === undefined) && hasRoom(parts, 'number')
  );
}

function limitOf(
  parts: Alternative['parts'],
  keywords: readonly string[],
  closer: (a: number, b: number) => number,
  unless: number,
): number {
  const given = parts.flatMap(({ schema }) => keywords.map((keyword) => schema[keyword]));
  return given.filter((one) => typeof one === 'number').reduce(closer, unless);
}

function at({ place }: Comparison): string {
  return place === '' ? 'at the value itself' : `at ${place}`;
}
