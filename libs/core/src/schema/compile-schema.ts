import type { JsonObject } from '@fermata/contracts';
import { isObject } from '../handoff/json-object';
import { APPLICATORS } from './applicators';
import type { Pieces } from '../pieces';
import { fail, type Node } from './node';
import { resolve, resourcesOf, type Resource, type Resources } from './resources';
import { ITEMS_AND_UNEVALUATED } from './items-and-unevaluated';
import type { Compiling, Maker } from './maker';
import { ASSERTIONS, typeCheck } from './assertions';
import type { PatternRoom } from '../pattern';
import type { FormatCheck } from './formats';
import type { UriResolver } from 'ajv/dist/types';

/** In this order they look at a value: the cheap ones first, and last who asks what was seen. */
const MAKERS: readonly (readonly [string, Maker])[] = [
  ...Object.entries(ASSERTIONS),
  ...Object.entries(APPLICATORS),
  ...Object.entries(ITEMS_AND_UNEVALUATED),
];

/** What the contracts of one definition are compiled with. */
export interface SchemaTools {
  readonly uris: UriResolver;
  readonly formats: ReadonlyMap<string, FormatCheck>;
  readonly patterns: PatternRoom;
}

/** A schema, compiled. */
export interface CompiledSchema {
  /** The first node of the walk. */
  readonly node: Node;
  /** Schemas in it, itself among them. */
  readonly subschemas: number;
}

/**
 * Compiles a schema into nodes that are walked, and gives the first. Nothing is generated, so that
 * its time and size are linear in the schema's text, whatever the schema is. Each node is a piece
 * of the work.
 */
export function* compileSchema(
  schema: JsonObject,
  tools: SchemaTools,
): Pieces<CompiledSchema | string> {
  const resources = yield* resourcesOf(schema, tools.uris);
  if (typeof resources === 'string') return resources;
  const problems: string[] = [];
  const open: Node[] = [];
  const into = compilingOf(resources, tools, problems, open);
  const node = into.nodeOfTarget({ schema, resource: resources.root, dynamic: null });
  const all: Node[] = [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    compileNode(next, into);
    all.push(next);
    if (problems[0] !== undefined) return problems[0];
    yield;
  }
  if (refersToItself(all)) return 'a schema that refers to itself without end';
  return { node, subschemas: all.length };
}

function compilingOf(
  resources: Resources,
  { uris, formats, patterns }: SchemaTools,
  problems: string[],
  open: Node[],
): Compiling {
  const known = new Map<JsonObject, Node>();
  const named = new Map<string, ReadonlyMap<Resource, Node>>();
  const nodeFor = (schema: JsonObject | boolean, resource: Resource): Node => {
    const seen = isObject(schema) ? known.get(schema) : undefined;
    if (seen !== undefined) return seen;
    const node: Node = { schema, resource, checks: [], steps: 1, tracks: false, sameValue: [] };
    if (isObject(schema)) known.set(schema, node);
    open.push(node);
    return node;
  };
  return {
    formats,
    patterns,
    complain: (message) => problems.push(message),
    nodeOf(schema, owner) {
      if (typeof schema === 'boolean') return nodeFor(schema, owner.resource);
      if (isObject(schema)) {
        return nodeFor(schema, resources.resourceOf.get(schema) ?? owner.resource);
      }
      problems.push('a subschema must be an object or a boolean');
      return nodeFor(true, owner.resource);
    },
    targetOf: (reference, owner) => resolve(resources, owner.resource, reference, uris),
    nodeOfTarget: ({ schema: at, resource }) => nodeFor(at, resource),
    nodesNamed(dynamic) {
      const before = named.get(dynamic);
      if (before !== undefined) return before;
      const all = resources.dynamic.get(dynamic) ?? [];
      const nodes = new Map(all.map((one) => [one.resource, nodeFor(one.schema, one.resource)]));
      named.set(dynamic, nodes);
      return nodes;
    },
  };
}

function compileNode(node: Node, into: Compiling): void {
  const { schema } = node;
  if (schema === true) return;
  if (schema === false) {
    node.checks.push((_, run) => fail(run, 'false schema', 'boolean schema is false'));
    return;
  }
  const type = typeCheck(schema);
  if (type !== null) node.checks.push(type);
  for (const [keyword, make] of MAKERS) {
    const value = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
    if (value === undefined) continue;
    const check = make(value, schema, node, into);
    if (check === null) continue;
    node.steps += 1;
    node.checks.push(check);
  }
}

/** Whether looking at one value could lead back to the same node without going into the value. */
function refersToItself(nodes: readonly Node[]): boolean {
  const waitsFor = new Map(nodes.map((node) => [node, 0]));
  for (const node of nodes) {
    for (const next of node.sameValue) waitsFor.set(next, (waitsFor.get(next) ?? 0) + 1);
  }
  const free = nodes.filter((node) => waitsFor.get(node) === 0);
  let passed = 0;
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    passed += 1;
    for (const next of node.sameValue) {
      const left = (waitsFor.get(next) ?? 0) - 1;
      waitsFor.set(next, left);
      if (left === 0) free.push(next);
    }
  }
  return passed < nodes.length;
}
