import { LIMITS, type Json, type JsonObject } from '@fermata/contracts';
import type { UriResolver } from 'ajv/dist/types';
import { isList, isObject } from '../handoff/json-object';
import type { Pieces } from '../pieces';

/** A schema with a URI of its own: a whole contract, or a part of it that has an `$id`. */
export interface Resource {
  readonly uri: string;
  readonly schema: JsonObject | boolean;
}

/** Where a reference leads. */
export interface Target {
  readonly schema: JsonObject | boolean;
  readonly resource: Resource;
  /** The name by which `$dynamicRef` may be led elsewhere, when the target has one. */
  readonly dynamic: string | null;
}

/** All that references of one contract may lead to. */
export interface Resources {
  readonly root: Resource;
  /** Targets by their URI, with `#name` for anchors. */
  readonly targets: ReadonlyMap<string, Target>;
  /** Targets that have a dynamic anchor, by its name. */
  readonly dynamic: ReadonlyMap<string, readonly Target[]>;
  readonly resourceOf: ReadonlyMap<JsonObject, Resource>;
}

interface Place {
  readonly at: Json;
  readonly resource: Resource;
  /** Whether it is no schema, but holds schemas by their names. */
  readonly isByName: boolean;
}

/** Keywords whose values are no schemas, whatever they look like. */
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples', 'required']);

/** Keywords whose values are schemas by name: a name such as "default" is no keyword there. */
const BY_NAME: ReadonlySet<string> = new Set([
  ...['properties', 'patternProperties', 'dependentSchemas', 'dependencies'],
  ...['$defs', 'definitions'],
]);

/** Finds every `$id` and anchor of a contract, or says which two are the same. */
export function* resourcesOf(
  schema: JsonObject | boolean,
  uris: UriResolver,
): Pieces<Resources | string> {
  const targets = new Map<string, Target>();
  const dynamic = new Map<string, Target[]>();
  const resourceOf = new Map<JsonObject, Resource>();
  const name = (uri: string, target: Target): string | null => {
    if (targets.has(uri)) return `reference "${uri}" resolves to more than one schema`;
    targets.set(uri, target);
    return null;
  };
  const begin = (at: JsonObject | boolean, base: string): Resource | string => {
    const id = isObject(at) && typeof at['$id'] === 'string' ? at['$id'] : '';
    const uri = uris.resolve(base, id.replace(/#$/, ''));
    if (uri.length > LIMITS.schemaUriCharsMax) return tooLong(uri);
    const resource: Resource = { uri, schema: at };
    return name(uri, { schema: at, resource, dynamic: null }) ?? resource;
  };
  const root = begin(schema, '');
  if (typeof root === 'string') return root;
  const open: Place[] = [{ at: schema, resource: root, isByName: false }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { at, isByName } = next;
    let { resource } = next;
    if (isList(at)) {
      for (const item of at) open.push({ at: item, resource, isByName: false });
      continue;
    }
    if (!isObject(at)) continue;
    yield;
    if (isByName) {
      for (const one of Object.values(at)) open.push({ at: one, resource, isByName: false });
      continue;
    }
    if (at !== schema && typeof at['$id'] === 'string') {
      const own = begin(at, resource.uri);
      if (typeof own === 'string') return own;
      resource = own;
    }
    resourceOf.set(at, resource);
    const problem = anchorsAt(at, resource, dynamic, name);
    if (problem !== null) return problem;
    for (const [key, member] of Object.entries(at)) {
      if (!DATA.has(key)) open.push({ at: member, resource, isByName: BY_NAME.has(key) });
    }
  }
  return { root, targets, dynamic, resourceOf };
}

/** Each reference is resolved against a URI: a long one would be read again for each of them. */
function tooLong(uri: string): string {
  const most = `${LIMITS.schemaUriCharsMax} characters (schemaUriCharsMax)`;
  return `a schema whose $id is a URI of ${uri.length} characters, with at most ${most} allowed`;
}

function anchorsAt(
  at: JsonObject,
  resource: Resource,
  all: Map<string, Target[]>,
  name: (uri: string, target: Target) => string | null,
): string | null {
  const { $anchor: anchor, $dynamicAnchor: dynamic } = at;
  if (typeof anchor === 'string' && anchor !== dynamic) {
    const problem = name(`${resource.uri}#${anchor}`, { schema: at, resource, dynamic: null });
    if (problem !== null) return problem;
  }
  if (typeof dynamic !== 'string') return null;
  const target = { schema: at, resource, dynamic };
  const same = all.get(dynamic);
  if (same === undefined) all.set(dynamic, [target]);
  else same.push(target);
  return name(`${resource.uri}#${dynamic}`, target);
}

/** Where a reference that stands in a resource leads; null when nowhere. */
export function resolve(
  { targets, resourceOf }: Resources,
  from: Resource,
  reference: string,
  uris: UriResolver,
): Target | null {
  // Within its own resource a reference needs no resolution: it may be one of very many.
  const isPlain = reference.startsWith('#/') || /^#[^%]*$/.test(reference);
  const whole = isPlain ? `${from.uri}${reference}` : uris.resolve(from.uri, reference);
  const [uri = '', fragment = ''] = whole.split('#');
  if (fragment !== '' && !fragment.startsWith('/')) return targets.get(whole) ?? null;
  const start = targets.get(uri);
  if (start === undefined || fragment === '') return start ?? null;
  let { resource } = start;
  let at: Json | undefined = start.schema;
  for (const part of fragment.slice(1).split('/')) {
    at = memberAt(at, part);
    if (isObject(at)) resource = resourceOf.get(at) ?? resource;
  }
  if (typeof at !== 'boolean' && !isObject(at)) return null;
  return { schema: at, resource, dynamic: null };
}

function memberAt(at: Json | undefined, part: string): Json | undefined {
  const key = unescaped(part).replace(/~1/g, '/').replace(/~0/g, '~');
  if (isList(at)) return /^\d+$/.test(key) ? at[Number(key)] : undefined;
  return isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
}

/** A fragment's text; what is no escape stands for itself. */
function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
