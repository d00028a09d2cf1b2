import { isObject } from '../handoff/json-object';
import type { Json, JsonObject } from '@fermata/contracts';
import type { Pattern } from '../pattern';
import { fail, visitAt, type Check, type Failure, type Node, type Run, type Seen } from './node';

/** What a schema says of an object's members. */
export interface Members {
  readonly named: ReadonlyMap<string, Node>;
  readonly matching: readonly { readonly pattern: Pattern; readonly node: Node }[];
  /** Of those that are neither named nor match. */
  readonly others: Node | null;
}

/** Checks an object's members, each against all that is said of it. */
export function members({ named, matching, others }: Members): Check {
  const all = [...named];
  const looksAtEach = matching.length > 0 || others !== null;
  return (value, run, seen) => {
    if (!isObject(value)) return null;
    for (const [name, node] of all) {
      const member = ownMember(value, name);
      if (member === undefined) continue;
      seen?.names.add(name);
      const failure = visitAt(name, node, member, run);
      if (failure !== null) return failure;
    }
    if (!looksAtEach) return null;
    const names = Object.keys(value);
    run.meter.spend(seen === null ? names.length : 4 * names.length);
    for (const name of names) {
      const failure = eachMember(name, value[name], { named, matching, others }, run, seen);
      if (failure !== null) return failure;
    }
    return null;
  };
}

function ownMember(value: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function eachMember(
  name: string,
  member: Json | undefined,
  { named, matching, others }: Members,
  run: Run,
  seen: Seen | null,
): Failure | null {
  if (member === undefined) return null;
  let known = named.has(name);
  for (const { pattern, node } of matching) {
    if (!pattern.test(name, run.meter)) continue;
    known = true;
    seen?.names.add(name);
    const failure = visitAt(name, node, member, run);
    if (failure !== null) return failure;
  }
  if (known || others === null) return null;
  seen?.names.add(name);
  if (others.schema !== false) return visitAt(name, others, member, run);
  const message = `must NOT have additional properties ("${name}")`;
  return fail(run, 'additionalProperties', message);
}
