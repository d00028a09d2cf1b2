import type { Expression } from '../expression/expression';
import { isObject } from '../expression/types';
import { schemaAt, whyIncompatible } from '../handoff/compatible';
import type { Compilation } from './author';
import { complain } from './problem';
import type { Route } from './route';
import type { Json, JsonObject } from '@fermata/contracts';

/**
 * Reports what the next step could never accept: a field that its agent requires and nobody
 * fills, and a reference to something of another type.
 */
export function checkHandoffs(
  compilation: Compilation,
  index: number,
  route: Route,
  fields: ReadonlyMap<string, Expression> | null,
): void {
  const id = compilation.order.ids[index] ?? '';
  const { input } = route;
  if (input === null) return;
  const path = ['workflow', 'steps', id, 'input'];
  const agent = `${route.agent.name}.${route.capability}`;
  const sources = fields === null ? defaults(compilation, index) : sourcesOf(compilation, fields);
  if (sources === null) return;
  const required = Array.isArray(input['required']) ? input['required'] : [];
  for (const name of required.filter((field: Json) => !sources.has(String(field)))) {
    const found = `expected the field "${String(name)}" that ${agent} requires, found none`;
    complain(compilation.report, 'CONTRACT_INCOMPATIBLE', path, `${found}; add it to input`);
  }
  const properties = isObject(input['properties']) ? input['properties'] : {};
  for (const [name, source] of sources) {
    const wanted = properties[name];
    if (source === null || !isObject(wanted)) continue;
    const why = whyIncompatible(source, wanted, `/${name}`);
    if (why === null) continue;
    const message = `expected what ${agent} accepts, found another contract ${why}`;
    const at = fields === null ? path.slice(0, -1) : [...path, name];
    complain(compilation.report, 'CONTRACT_INCOMPATIBLE', at, `${message}; change one of them`);
  }
}

type Sources = ReadonlyMap<string, JsonObject | null>;

function sourcesOf(compilation: Compilation, fields: ReadonlyMap<string, Expression>): Sources {
  return new Map(
    [...fields].map(([name, { path }]) => [name, path && sourceAt(compilation, path)]),
  );
}

/** Schema of what a plain reference names, or null when nothing is known of it. */
function sourceAt(compilation: Compilation, path: readonly string[]): JsonObject | null {
  const { definition, order, outputs } = compilation;
  if (path[0] === 'run' && path[1] === 'input') {
    const { input } = definition.workflow;
    return input === undefined ? null : schemaAt(input, path.slice(2));
  }
  if (path[0] !== 'steps' || path[2] !== 'output') return null;
  const output = outputs[order.indexOf.get(path[1] ?? '') ?? -1] ?? null;
  return output && schemaAt(output, path.slice(3));
}

/** Without `input` a step is given its needs' outputs by name, or the run's input. */
function defaults({ definition, order, outputs }: Compilation, index: number): Sources | null {
  const needs = order.needs[index] ?? [];
  if (needs.length > 0) {
    return new Map(needs.map((need) => [order.ids[need] ?? '', outputs[need] ?? null]));
  }
  const properties = definition.workflow.input?.['properties'];
  if (!isObject(properties)) return null;
  return new Map(
    Object.entries(properties).map(([name, schema]) => [name, isObject(schema) ? schema : null]),
  );
}
