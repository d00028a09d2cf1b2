import { murmur2 } from '@fermata/contracts';

/**
 * A map from strings that never changes: `set` gives a new one that shares all but one path with
 * the old. So a run of 10,000 steps pays for the step that changed, and a decision that is
 * thrown away leaves no trace.
 */
export interface PersistentMap<V, K extends string = string> {
  readonly size: number;
  readonly root: Node<V, K>;
}

interface Leaf<V, K> {
  readonly hash: number;
  readonly key: K;
  readonly value: V;
}

/** A bucket of few entries, or 32 children by the next five bits of the hash. */
type Node<V, K> =
  | { readonly entries: readonly Leaf<V, K>[] }
  | { readonly children: readonly (Node<V, K> | undefined)[] };

const BUCKET_MAX = 8;
const BITS = 5;
const LEVELS = 6;

/** The map with nothing in it. */
export function emptyMap<V, K extends string = string>(): PersistentMap<V, K> {
  return { size: 0, root: { entries: [] } };
}

/** The value of a key, if there is one. */
export function getEntry<V, K extends string>(map: PersistentMap<V, K>, key: K): V | undefined {
  if ('entries' in map.root) return find(map.root.entries, key);
  let node: Node<V, K> | undefined = map.root;
  let bits = hashOf(key);
  while (node !== undefined && 'children' in node) {
    node = node.children[bits & 31];
    bits >>>= BITS;
  }
  return node && find(node.entries, key);
}

/** The map with this key's value set. */
export function setEntry<V, K extends string>(
  map: PersistentMap<V, K>,
  key: K,
  value: V,
): PersistentMap<V, K> {
  const added = getEntry(map, key) === undefined ? 1 : 0;
  const leaf = { hash: hashOf(key), key, value };
  return { size: map.size + added, root: put(map.root, leaf, leaf.hash, 0) };
}

/** All entries, in no promised order. */
export function* entriesOf<V, K extends string>(
  map: PersistentMap<V, K>,
): Generator<readonly [K, V]> {
  const open: Node<V, K>[] = [map.root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if ('entries' in node) for (const { key, value } of node.entries) yield [key, value];
    else for (const child of node.children) if (child !== undefined) open.push(child);
  }
}

function find<V, K extends string>(entries: readonly Leaf<V, K>[], key: string): V | undefined {
  for (const entry of entries) if (entry.key === key) return entry.value;
  return undefined;
}

function put<V, K extends string>(
  node: Node<V, K> | undefined,
  leaf: Leaf<V, K>,
  bits: number,
  level: number,
): Node<V, K> {
  if (node === undefined) return { entries: [leaf] };
  if ('children' in node) {
    const children = node.children.slice();
    children[bits & 31] = put(children[bits & 31], leaf, bits >>> BITS, level + 1);
    return { children };
  }
  const entries = node.entries.filter((entry) => entry.key !== leaf.key).concat(leaf);
  if (entries.length <= BUCKET_MAX || level >= LEVELS) return { entries };
  return entries.reduce<Node<V, K>>(
    (split, entry) => put(split, entry, entry.hash >>> (BITS * level), level),
    { children: new Array<Node<V, K> | undefined>(32).fill(undefined) },
  );
}

/** Keys are ASCII identifiers by their schema. */
function hashOf(key: string): number {
  const bytes = new Uint8Array(key.length);
  for (let at = 0; at < key.length; at++) bytes[at] = key.charCodeAt(at);
  return murmur2(bytes) >>> 0;
}
