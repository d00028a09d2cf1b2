import { canonicalJson, type Json } from '@fermata/contracts';
import type { ASTNode } from '@marcbachmann/cel-js';
import { alternativesOfSchema, type Alternative } from '../handoff/alternatives';
import { alternativesAt } from '../handoff/compatible';
import { itemsOf, weightOf } from '../handoff/members';
import type { Work } from './solve';

type Known = readonly Alternative[] | null;

/** What a place in an expression may read, and what is known of it. */
export interface Reading {
  readonly input: Known;
  /** What is known of a step's output. */
  output(id: string): Known;
  readonly status: Known;
  /** What the loops around the place run over. */
  readonly variables: ReadonlyMap<string, Known>;
  /** What is left for all readings of the definition: a list of values is long to look through. */
  readonly work: Work;
}

const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** A node of an expression with what may be read there. */
export interface Visited {
  readonly node: ASTNode;
  readonly reading: Reading;
}

/** All nodes of an expression, each with the loops around it. */
export function* visit(node: ASTNode, reading: Reading): Generator<Visited> {
  const open: Visited[] = [{ node, reading }];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    yield one;
    for (const child of [...childrenOf(one)].reverse()) open.push(child);
  }
}

/** What a node consists of, in its order. */
export function childrenOf({ node, reading }: Visited): readonly Visited[] {
  const loop = loopOf(node, reading);
  if (loop !== null) return [{ node: loop.list, reading }, ...loop.bodies];
  return nodesIn(node.args).map((child) => ({ node: child, reading }));
}

function loopOf(node: ASTNode, reading: Reading) {
  if (node.op !== 'rcall' || !LOOPS.has(node.args[0])) return null;
  const [, list, [variable, ...bodies]] = node.args;
  if (variable?.op !== 'id') return null;
  const items = knownOf(list, reading)?.flatMap(itemsOf) ?? null;
  const variables = new Map([...reading.variables, [variable.args, items] as const]);
  const inside = { ...reading, variables };
  return { list, bodies: bodies.map((body) => ({ node: body, reading: inside })) };
}

function nodesIn(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(nodesIn);
  return isNode(args) ? [args] : [];
}

/** Whether a part of a node is a node itself. */
export function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/**
 * What is known of the value that a node gives; null when nothing is, or when all work was done
 * that a check may do.
 */
export function knownOf(given: ASTNode, reading: Reading): Known {
  if (reading.work.left < 0) return null;
  const known = lookUp(given, reading);
  reading.work.left -= weightOf(known ?? []) >> WEIGHT_PER_STEP_BITS;
  return known;
}

/** Values and patterns that one step of work looks through: 16. */
const WEIGHT_PER_STEP_BITS = 4;

function lookUp(given: ASTNode, reading: Reading): Known {
  const node = unwrapped(given);
  const literal = literalOf(node);
  if (literal !== undefined) return alternativesOfSchema({ const: literal });
  if (node.op === 'id') return reading.variables.get(node.args) ?? null;
  if (node.op === '?:') {
    const [, yes, no] = node.args.map((one) => knownOf(one, reading));
    return yes && no ? [...yes, ...no] : null;
  }
  const read = fieldOf(node);
  if (read === null) return null;
  const path = pathOf(node);
  if (path?.[0] === 'run') return rootedAt(path.slice(1), 'input', reading.input, reading.work);
  if (path?.[0] === 'steps') {
    const [, id = '', ...rest] = path;
    if (rest[0] === 'status') return rest.length === 1 ? reading.status : null;
    return rootedAt(rest, 'output', reading.output(id), reading.work);
  }
  const parent = knownOf(read.object, reading);
  return parent && alternativesAt(parent, [read.field]);
}

function rootedAt(path: readonly string[], root: string, known: Known, work: Work): Known {
  work.left -= weightOf(known ?? []) >> WEIGHT_PER_STEP_BITS;
  return path[0] === root && known !== null ? alternativesAt(known, path.slice(1)) : null;
}

/** `dyn( )` hides a type from the checker, not a value. */
export function unwrapped(node: ASTNode): ASTNode {
  let found = node;
  while (found.op === 'call' && found.args[0] === 'dyn' && found.args[1][0] !== undefined) {
    found = found.args[1][0];
  }
  return found;
}

/** The field that a node reads of another: `a.b` and `a["b"]`. */
export function fieldOf(
  node: ASTNode,
): { readonly object: ASTNode; readonly field: string } | null {
  if (node.op === '.') return { object: node.args[0], field: node.args[1] };
  if (node.op !== '[]') return null;
  const [object, key] = node.args;
  return key.op === 'value' && typeof key.args === 'string' ? { object, field: key.args } : null;
}

/** The names that lead to a node, when it is nothing but a reference. */
export function pathOf(node: ASTNode): readonly string[] | null {
  if (node.op === 'id') return [node.args];
  const read = fieldOf(node);
  const parent = read && pathOf(read.object);
  return parent && read ? [...parent, read.field] : null;
}

/** The JSON that a literal is; undefined for anything else. */
export function literalOf(given: ASTNode): Json | undefined {
  const node = unwrapped(given);
  if (node.op === '-_') {
    const value = literalOf(node.args);
    return typeof value === 'number' ? -value || 0 : undefined;
  }
  if (node.op !== 'value') return undefined;
  const { args } = node;
  if (typeof args === 'bigint') return Number(args);
  if (args === null || typeof args === 'string' || typeof args === 'boolean') return args;
  return typeof args === 'number' ? args : undefined;
}

/** All that a value may be, when its schema lists that; null when it may be more. */
export function listedIn(known: Known): readonly Json[] | null {
  if (known === null || known.length === 0) return null;
  const found = new Map<string, Json>();
  for (const { values, kinds, unknown } of known) {
    if (unknown) return null;
    if (values !== null && known.length === 1) return values;
    const isSmall = [...kinds].every((kind) => kind === 'boolean' || kind === 'null');
    const all = isSmall ? [...kinds].flatMap((kind) => (kind === 'null' ? [null] : BOTH)) : null;
    const listed = values ?? all;
    if (listed === null) return null;
    for (const value of listed) found.set(canonicalJson(value), value);
  }
  return [...found.values()];
}

const BOTH: readonly Json[] = [true, false];
