import { isList, isObject } from '../handoff/json-object';
import type { Maker } from './maker';
import { fail, meets, visitAt } from './node';

/** `prefixItems` and `items`, which depend on each other. */
const ofItems =
  (keyword: string): Maker =>
  (_, owner, node, into) => {
    const { prefixItems, items } = owner;
    if (keyword === 'items' && prefixItems !== undefined) return null;
    const first = isList(prefixItems) ? prefixItems.map((one) => into.nodeOf(one, node)) : [];
    const rest = items === undefined ? null : into.nodeOf(items, node);
    return (value, run, seen) => {
      if (!isList(value)) return null;
      if (rest?.schema === false && value.length > first.length) {
        return fail(run, 'items', `must NOT have more than ${first.length} items`);
      }
      const end = rest === null ? Math.min(first.length, value.length) : value.length;
      run.meter.spend(end);
      if (seen !== null) seen.itemsBefore = Math.max(seen.itemsBefore, end);
      for (let at = 0; at < end; at++) {
        const one = first[at] ?? rest;
        const failure = one && visitAt(at, one, value[at] ?? null, run);
        if (failure !== null) return failure;
      }
      return null;
    };
  };

const contains: Maker = (schema, owner, node, into) => {
  const one = into.nodeOf(schema, node);
  const { minContains = 1, maxContains = Infinity } = owner;
  const [min, max] = [Number(minContains), Number(maxContains)];
  return (value, run, seen) => {
    if (!isList(value)) return null;
    run.meter.spend(seen === null ? value.length : 4 * value.length);
    let met = 0;
    for (const [at, item] of value.entries()) {
      if (!meets(one, item, run, null)) continue;
      met += 1;
      seen?.items.add(at);
      if (seen === null && met >= min && max === Infinity) return null;
      if (met > max) break;
    }
    if (met >= min && met <= max) return null;
    const most = max === Infinity ? '' : ` and no more than ${max}`;
    return fail(run, 'contains', `must contain at least ${min}${most} valid item(s)`);
  };
};

const unevaluatedItems: Maker = (schema, _, node, into) => {
  node.tracks = true;
  const one = into.nodeOf(schema, node);
  return (value, run, seen) => {
    if (!isList(value) || seen === null) return null;
    run.meter.spend(2 * value.length);
    for (let at = seen.itemsBefore; at < value.length; at++) {
      if (seen.items.has(at)) continue;
      if (one.schema === false) {
        return fail(run, 'unevaluatedItems', `must NOT have more than ${at} items`);
      }
      const failure = visitAt(at, one, value[at] ?? null, run);
      if (failure !== null) return failure;
    }
    seen.itemsBefore = Math.max(seen.itemsBefore, value.length);
    return null;
  };
};

const unevaluatedProperties: Maker = (schema, _, node, into) => {
  node.tracks = true;
  const one = into.nodeOf(schema, node);
  return (value, run, seen) => {
    if (!isObject(value) || seen === null) return null;
    const names = Object.keys(value);
    run.meter.spend(4 * names.length);
    for (const name of names) {
      if (seen.names.has(name)) continue;
      if (one.schema === false) {
        const message = `must NOT have unevaluated properties ("${name}")`;
        return fail(run, 'unevaluatedProperties', message);
      }
      const failure = visitAt(name, one, value[name] ?? null, run);
      if (failure !== null) return failure;
    }
    for (const name of names) seen.names.add(name);
    return null;
  };
};

/** Keywords of items, and those that ask what others have looked at: these come last. */
export const ITEMS_AND_UNEVALUATED: Readonly<Record<string, Maker>> = {
  prefixItems: ofItems('prefixItems'),
  items: ofItems('items'),
  contains,
  unevaluatedItems,
  unevaluatedProperties,
};
