import { canonicalJson, placeOf, type Json, type JsonObject } from '@fermata/contracts';
import { RE2JS } from 're2js';
import { isList, isObject, listOf } from '../handoff/json-object';
import { Meter, OutOfSteps } from '../meter';
import { shown, type Contract } from './contract';

/** Null when a person may make this of what was shown; else expected, found and where. */
export type EditRule = (shown: Json, edited: Json, meter?: Meter) => string | null;

type Path = readonly (string | number)[];
type Schemas = readonly Json[];

/**
 * What a person at a gate may change: the fields that a schema names, at every depth, within what
 * it says of them. All else stays as it was shown, is not left out, and nothing is added: what the
 * author did not give up, nobody takes. A schema that names no fields lets a value change as a
 * whole; without a schema nothing may change.
 */
export function editRuleOf(schema: JsonObject | null, contract: Contract): EditRule {
  return (shown, edited, meter = new Meter()) => {
    if (canonicalJson(shown) === canonicalJson(edited)) return null;
    if (schema === null) {
      return 'expected no edited data, since nothing is editable, found some; approve or reject';
    }
    try {
      const found = new Edits(schema, meter).why([schema], shown, edited, []);
      return found ?? contract(edited, meter);
    } catch (error) {
      if (error instanceof OutOfSteps) return error.message;
      const found = error instanceof Error ? error.message : 'an unknown error';
      return `expected a schema that can be followed, found: ${found}; correct the schema`;
    }
  };
}

class Edits {
  constructor(
    private readonly root: JsonObject,
    private readonly meter: Meter,
  ) {}

  /** Why what stands at a place may not become what it did; undefined is what is not there. */
  why(
    schemas: Schemas,
    shown: Json | undefined,
    edited: Json | undefined,
    path: Path,
  ): string | null {
    const here = this.allOf(schemas);
    if (here === null) return whyNotKept(shown, edited, path);
    if ((isObject(shown) || isObject(edited)) && here.some(namesMembers)) {
      return this.whyMembers(here, shown, edited, path);
    }
    if ((isList(shown) || isList(edited)) && here.some(namesItems)) {
      return this.whyItems(here, listOf(shown), listOf(edited), path);
    }
    return null;
  }

  private whyMembers(
    here: readonly JsonObject[],
    shown: Json | undefined,
    edited: Json | undefined,
    path: Path,
  ): string | null {
    const [before, after] = [membersOf(shown), membersOf(edited)];
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const named = here.flatMap((schema) => this.schemasOf(schema, key));
      const [was, is] = [own(before, key), own(after, key)];
      const at = [...path, key];
      const found = named.length === 0 ? whyNotKept(was, is, at) : this.why(named, was, is, at);
      if (found !== null) return found;
    }
    return null;
  }

  /** A list of named fields alone may change as a whole; else its items are edited in place. */
  private whyItems(
    here: readonly JsonObject[],
    shown: readonly Json[],
    edited: readonly Json[],
    path: Path,
  ): string | null {
    const schemasAt = (index: number): Schemas => here.flatMap((schema) => itemOf(schema, index));
    const isFree = [shown, edited].every((list) =>
      list.every((item, index) => this.why(schemasAt(index), item, undefined, path) === null),
    );
    if (isFree) return null;
    if (shown.length !== edited.length) {
      const found = `expected ${shown.length} items at ${placeOf(path)}, as was shown`;
      return `${found}, found ${edited.length}; edit items where they stand`;
    }
    for (const [index, item] of shown.entries()) {
      const found = this.why(schemasAt(index), item, edited[index], [...path, index]);
      if (found !== null) return found;
    }
    return null;
  }

  /** All schemas that say something of the same place; null when one can't be followed. */
  private allOf(schemas: Schemas): JsonObject[] | null {
    const found = new Set<JsonObject>();
    const open = [...schemas];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (!isObject(next) || found.has(next)) continue;
      this.meter.spend(1);
      found.add(next);
      const { $ref, then, else: otherwise, dependentSchemas } = next;
      for (const group of [next['allOf'], next['anyOf'], next['oneOf']])
        open.push(...listOf(group));
      open.push(...[then, otherwise].filter((one) => one !== undefined));
      open.push(...Object.values(membersOf(dependentSchemas)));
      if ($ref === undefined) continue;
      const target = this.target($ref);
      if (target === undefined) return null;
      open.push(target);
    }
    return [...found];
  }

  /** What a reference inside the schema leads to. */
  private target(reference: Json): Json | undefined {
    if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) return undefined;
    let found: Json | undefined = this.root;
    for (const part of reference.split('/').slice(1)) {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
      found = isList(found) ? found[Number(key)] : own(membersOf(found), key);
    }
    return found;
  }

  /** What a schema says of a member; nothing when it does not name it. */
  private schemasOf(schema: JsonObject, key: string): Json[] {
    this.meter.spend(1);
    const { properties, patternProperties, additionalProperties, unevaluatedProperties } = schema;
    const named = own(membersOf(properties), key);
    const patterns = Object.entries(membersOf(patternProperties));
    const matched = patterns.filter(([pattern]) => this.matches(pattern, key));
    const found = [...(named === undefined ? [] : [named]), ...matched.map(([, one]) => one)];
    if (found.length > 0) return found;
    return [additionalProperties, unevaluatedProperties].filter((one) => isOpen(one));
  }

  private matches(pattern: string, key: string): boolean {
    this.meter.spend(pattern.length + key.length);
    return RE2JS.compile(pattern).matcher(key).find();
  }
}

function whyNotKept(was: Json | undefined, is: Json | undefined, path: Path): string | null {
  const isSame = was !== undefined && is !== undefined && canonicalJson(was) === canonicalJson(is);
  if (isSame || was === is) return null;
  const expected =
    was === undefined
      ? `expected nothing at ${placeOf(path)}, as was shown`
      : `expected that ${placeOf(path)} stays ${shown(was)}, as was shown`;
  return `${expected}, found ${shown(is)}; it is not editable`;
}

function namesMembers(schema: JsonObject): boolean {
  const { properties, patternProperties, additionalProperties, unevaluatedProperties } = schema;
  const isNamed = isObject(properties) || isObject(patternProperties);
  return isNamed || isOpen(additionalProperties) || isOpen(unevaluatedProperties);
}

function namesItems({ items, prefixItems }: JsonObject): boolean {
  return isOpen(items) || prefixItems !== undefined;
}

function itemOf({ items, prefixItems }: JsonObject, index: number): Json[] {
  return [listOf(prefixItems)[index] ?? items].filter((one) => one !== undefined);
}

function isOpen(schema: Json | undefined): schema is Json {
  return schema === true || isObject(schema);
}

function membersOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** A member of its own: a key may be called as what every object has. */
function own(members: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined;
}
