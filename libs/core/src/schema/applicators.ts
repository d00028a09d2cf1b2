import type { Json } from '@fermata/contracts';
import { isList, isObject, textOf } from '../handoff/json-object';
import type { Pattern } from '../pattern';
import type { Compiling, Maker } from './maker';
import { members } from './members';
import { fail, meets, visitPart, type Check, type Node } from './node';

function part(schema: Json | undefined, node: Node, into: Compiling): Node {
  const made = into.nodeOf(schema, node);
  node.sameValue.push(made);
  return made;
}

function parts(schemas: Json, node: Node, into: Compiling): Node[] {
  return isList(schemas) ? schemas.map((one) => part(one, node, into)) : [];
}

const reference: Maker = (to, _, node, into) => {
  const found = into.targetOf(textOf(to), node);
  if (found === null) {
    into.complain(`can't resolve reference ${textOf(to)} from id ${node.resource.uri || '#'}`);
    return null;
  }
  const target = into.nodeOfTarget(found);
  node.sameValue.push(target);
  return (value, run, seen) => visitPart(target, value, run, seen);
};

/** Leads to the outermost resource on the way here that has an anchor of the same name. */
const dynamicReference: Maker = (to, _, node, into) => {
  const found = into.targetOf(textOf(to), node);
  if (found === null || found.dynamic === null) return reference(to, {}, node, into);
  const fallback = into.nodeOfTarget(found);
  const named = into.nodesNamed(found.dynamic);
  return (value, run, seen) => {
    run.meter.spend(run.scope.length);
    const outer = run.scope.find((resource) => named.has(resource));
    return visitPart((outer && named.get(outer)) ?? fallback, value, run, seen);
  };
};

const allOf: Maker = (schemas, _, node, into) => {
  const all = parts(schemas, node, into);
  return (value, run, seen) => {
    for (const one of all) {
      const failure = visitPart(one, value, run, seen);
      if (failure !== null) return failure;
    }
    return null;
  };
};

const anyOf: Maker = (schemas, _, node, into) => {
  const all = parts(schemas, node, into);
  return (value, run, seen) => {
    let met = false;
    for (const one of all) {
      met = meets(one, value, run, seen) || met;
      // What the others look at counts too, if somebody asks.
      if (met && seen === null) return null;
    }
    if (met) return null;
    if (run.quiet > 0) return fail(run, 'anyOf', '');
    const [first] = all;
    return (first && visitPart(first, value, run, null)) ?? fail(run, 'anyOf', 'must match one');
  };
};

const oneOf: Maker = (schemas, _, node, into) => {
  const all = parts(schemas, node, into);
  return (value, run, seen) => {
    const met = all.filter((one) => meets(one, value, run, seen)).length;
    if (met === 1) return null;
    if (met > 1 || run.quiet > 0) {
      return fail(run, 'oneOf', 'must match exactly one schema in oneOf');
    }
    const [first] = all;
    return (first && visitPart(first, value, run, null)) ?? fail(run, 'oneOf', 'must match one');
  };
};

const not: Maker = (schema, _, node, into) => {
  const refused = part(schema, node, into);
  return (value, run) =>
    meets(refused, value, run, null) ? fail(run, 'not', 'must NOT be valid') : null;
};

const ifThenElse: Maker = (schema, owner, node, into) => {
  const asked = part(schema, node, into);
  const yes = owner['then'] === undefined ? null : part(owner['then'], node, into);
  const no = owner['else'] === undefined ? null : part(owner['else'], node, into);
  return (value, run, seen) => {
    const next = meets(asked, value, run, seen) ? yes : no;
    return next && visitPart(next, value, run, seen);
  };
};

const dependentSchemas: Maker = (schemas, _, node, into) => {
  if (!isObject(schemas)) return null;
  const all = Object.entries(schemas).map(([name, one]) => ({ name, one: part(one, node, into) }));
  node.steps += all.length;
  return (value, run, seen) => {
    if (!isObject(value)) return null;
    for (const { name, one } of all) {
      if (!Object.hasOwn(value, name)) continue;
      const failure = visitPart(one, value, run, seen);
      if (failure !== null) return failure;
    }
    return null;
  };
};

/** Instead of `dependentRequired` and `dependentSchemas`, as older drafts had it. */
const dependencies: Maker = (all, _, node, into) => {
  if (!isObject(all)) return null;
  const entries = Object.entries(all).map(([name, needs]): [string, Json] => [
    name,
    isList(needs) ? { required: needs } : needs,
  ]);
  return dependentSchemas(Object.fromEntries(entries), {}, node, into);
};

const propertyNames: Maker = (schema, _, node, into) => {
  const one = into.nodeOf(schema, node);
  return (value, run) => {
    if (!isObject(value)) return null;
    const names = Object.keys(value);
    run.meter.spend(2 * names.length);
    for (const name of names) {
      const failure = visitPart(one, name, run, null);
      if (failure !== null) return { ...failure, message: `property name ${failure.message}` };
    }
    return null;
  };
};

/** `properties`, `patternProperties` and `additionalProperties`, which depend on each other. */
const ofMembers =
  (keyword: string): Maker =>
  (_, owner, node, into) => {
    const first = ['properties', 'patternProperties', 'additionalProperties'].find((one) =>
      Object.hasOwn(owner, one),
    );
    if (first !== keyword) return null;
    const { properties, patternProperties, additionalProperties: rest } = owner;
    const named = new Map(
      Object.entries(isObject(properties) ? properties : {}).map(([name, one]) => [
        name,
        into.nodeOf(one, node),
      ]),
    );
    const matching = Object.entries(isObject(patternProperties) ? patternProperties : {}).flatMap(
      ([source, one]) => {
        const pattern = patternFor(source, into);
        return pattern === null ? [] : [{ pattern, node: into.nodeOf(one, node) }];
      },
    );
    node.steps += named.size + matching.length;
    const others = rest === undefined ? null : into.nodeOf(rest, node);
    return members({ named, matching, others });
  };

function patternFor(source: string, into: Compiling): Pattern | null {
  const compiled = into.patterns.compile(source);
  if (!compiled.ok) {
    into.complain(compiled.message);
    return null;
  }
  return compiled.pattern;
}

/** Keywords that apply other schemas. */
export const APPLICATORS: Readonly<Record<string, Maker>> = {
  $ref: reference,
  $dynamicRef: dynamicReference,
  $recursiveRef: (_, __, ___, into): Check | null => {
    into.complain('"$recursiveRef" is of an older draft, use "$dynamicRef"');
    return null;
  },
  allOf,
  anyOf,
  oneOf,
  not,
  if: ifThenElse,
  dependentSchemas,
  dependencies,
  propertyNames,
  properties: ofMembers('properties'),
  patternProperties: ofMembers('patternProperties'),
  additionalProperties: ofMembers('additionalProperties'),
};
