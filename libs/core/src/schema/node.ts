import type { Json, JsonObject } from '@fermata/contracts';
import type { Meter } from '../meter';
import type { Resource } from './resources';

/** Why a value does not meet a schema. */
export interface Failure {
  readonly keyword: string;
  /** JSON Pointer to the value that does not. */
  readonly path: string;
  /** What it must be, such as "must be string". */
  readonly message: string;
}

/** What keywords have looked at, for `unevaluatedProperties` and `unevaluatedItems`. */
export interface Seen {
  readonly names: Set<string>;
  readonly items: Set<number>;
  /** All items before this one. */
  itemsBefore: number;
}

/** One check of a value. */
export interface Run {
  readonly meter: Meter;
  /** Keys from the whole value to the one that is looked at. */
  readonly path: (string | number)[];
  /** Above 0, only whether a value meets a schema is asked, not why not. */
  quiet: number;
  depth: number;
  /** The resources that were entered on the way, for `$dynamicRef`. */
  readonly scope: Resource[];
}

/** What one keyword says of a value: null when it is met. */
export type Check = (value: Json, run: Run, seen: Seen | null) => Failure | null;

/** A subschema, compiled. */
export interface Node {
  readonly schema: JsonObject | boolean;
  readonly resource: Resource;
  readonly checks: Check[];
  /** Steps that each look at a value takes, beside what depends on the value. */
  steps: number;
  /** Whether it asks what its other keywords have looked at. */
  tracks: boolean;
  /** Subschemas that look at the same value: a circle of them would never end. */
  readonly sameValue: Node[];
}

/** Frames on the native stack that a machine is sure to have; JSON nests 64 deep at most. */
const DEPTH_MAX = 500;

const MET = { keyword: '', path: '', message: '' } as const;
/** A failure that nobody asks the reason of. */
const QUIET: Failure = MET;

/** Makes the failure of a keyword; on the way through alternatives nobody asks for its text. */
export function fail(run: Run, keyword: string, message: string): Failure {
  if (run.quiet > 0) return QUIET;
  const path = run.path.map((key) => `/${String(key).replace(/~/g, '~0').replace(/\//g, '~1')}`);
  return { keyword, path: path.join(''), message };
}

/** Checks a value against a node. */
export function visit(node: Node, value: Json, run: Run, seen: Seen | null): Failure | null {
  run.meter.spend(node.steps);
  run.depth += 1;
  if (run.depth > DEPTH_MAX) {
    const found = `found a schema that refers on and on, ${DEPTH_MAX} times`;
    run.meter.stop(`expected a contract that can be checked, ${found}; correct the contract`);
  }
  const { scope } = run;
  const enters = scope[scope.length - 1] !== node.resource;
  if (enters) scope.push(node.resource);
  const failure = firstFailure(node, value, run, seen);
  if (enters) scope.pop();
  run.depth -= 1;
  return failure;
}

function firstFailure(node: Node, value: Json, run: Run, seen: Seen | null): Failure | null {
  const own = seen ?? (node.tracks ? emptySeen() : null);
  for (const check of node.checks) {
    const failure = check(value, run, own);
    if (failure !== null) return failure;
  }
  return null;
}

/** Checks the same value against a part of a schema, which sees nothing of the other parts. */
export function visitPart(node: Node, value: Json, run: Run, seen: Seen | null): Failure | null {
  if (seen === null) return visit(node, value, run, null);
  const own = emptySeen();
  const failure = visit(node, value, run, own);
  if (failure === null) merge(seen, own, run);
  return failure;
}

/** Checks a member of a value against a node. */
export function visitAt(key: string | number, node: Node, value: Json, run: Run): Failure | null {
  run.path.push(key);
  const failure = visit(node, value, run, null);
  run.path.pop();
  return failure;
}

/** Whether a value meets a node, with what it has looked at when it does. */
export function meets(node: Node, value: Json, run: Run, seen: Seen | null): boolean {
  run.quiet += 1;
  const failure = visitPart(node, value, run, seen);
  run.quiet -= 1;
  return failure === null;
}

/** Nothing looked at yet. */
function emptySeen(): Seen {
  return { names: new Set(), items: new Set(), itemsBefore: 0 };
}

function merge(into: Seen, { names, items, itemsBefore }: Seen, run: Run): void {
  run.meter.spend(2 + 4 * (names.size + items.size));
  for (const name of names) into.names.add(name);
  for (const item of items) into.items.add(item);
  into.itemsBefore = Math.max(into.itemsBefore, itemsBefore);
}
