import { canonicalJson, type Json, type JsonObject } from '@fermata/contracts';
import { isObject } from '../expression/types';

/**
 * Why a consumer can't accept what a producer promises, or null when nothing says so. It is
 * careful, not complete: what two schemas leave open is checked on the value at run time.
 */
export function whyIncompatible(
  producer: JsonObject,
  consumer: JsonObject,
  place = '',
): string | null {
  return (
    differentTypes(producer, consumer, place) ??
    outsideEnum(producer, consumer, place) ??
    missingProperties(producer, consumer, place) ??
    differentItems(producer, consumer, place)
  );
}

/** The schema of what stands at a path of a value, or null when the schema leaves it open. */
export function schemaAt(schema: JsonObject, path: readonly string[]): JsonObject | null {
  let found: JsonObject | null = schema;
  for (const name of path) {
    const properties: Json | undefined = found['properties'];
    const next: Json | undefined = isObject(properties) ? properties[name] : undefined;
    if (!isObject(next)) return null;
    found = next;
  }
  return found;
}

function typesOf(schema: JsonObject): readonly Json[] | null {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type : null;
}

function differentTypes(producer: JsonObject, consumer: JsonObject, place: string): string | null {
  const [from, to] = [typesOf(producer), typesOf(consumer)];
  if (from === null || to === null) return null;
  const accepts = (type: Json) =>
    to.includes(type) || (type === 'integer' && to.includes('number'));
  const refused = from.find((type) => !accepts(type));
  if (refused === undefined) return null;
  return `${at(place)}: expected ${to.join(' or ')}, found ${String(refused)}`;
}

function outsideEnum(producer: JsonObject, consumer: JsonObject, place: string): string | null {
  const [from, to] = [producer['enum'], consumer['enum']];
  if (!Array.isArray(from) || !Array.isArray(to)) return null;
  const allowed = new Set(to.map((value: Json) => canonicalJson(value)));
  const refused = from.find((value: Json) => !allowed.has(canonicalJson(value)));
  if (refused === undefined) return null;
  return `${at(place)}: expected one of ${canonicalJson(to)}, found ${canonicalJson(refused)}`;
}

function missingProperties(
  producer: JsonObject,
  consumer: JsonObject,
  place: string,
): string | null {
  const [from, to] = [producer['properties'], consumer['properties']];
  if (!isObject(from)) return null;
  const promised = Array.isArray(producer['required']) ? producer['required'] : [];
  const required = Array.isArray(consumer['required']) ? consumer['required'] : [];
  const missing = required.find((name: Json) => !promised.includes(name));
  if (missing !== undefined) {
    return `${at(place)}: expected "${String(missing)}" in every value, found it not promised`;
  }
  if (!isObject(to)) return null;
  for (const [name, schema] of Object.entries(to)) {
    const other = from[name];
    if (!isObject(schema) || !isObject(other)) continue;
    const why = whyIncompatible(other, schema, `${place}/${name}`);
    if (why !== null) return why;
  }
  return null;
}

function differentItems(producer: JsonObject, consumer: JsonObject, place: string): string | null {
  const [from, to] = [producer['items'], consumer['items']];
  if (!isObject(from) || !isObject(to)) return null;
  return whyIncompatible(from, to, `${place}/*`);
}

function at(place: string): string {
  return place === '' ? 'at the value itself' : `at ${place}`;
}
