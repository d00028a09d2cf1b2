import { literalOf, pathOf } from '../check/reading';
import { parseExpression } from '../expression/environment';
import { alternativesOfSchema, type Alternative } from '../handoff/alternatives';
import { alternativesAt, whyRefused } from '../handoff/compatible';
import { memberOf, namesIn, requiredBy, weightOf } from '../handoff/members';
import type { Compilation } from './author';
import { nearest } from './order';
import { complain } from './problem';
import type { Route } from './route';

/**
 * Fields, listed values and patterns that the handoffs of one definition may look through, about a
 * second: what is beyond is checked on the values of each run.
 */
export const HANDOFF_WEIGHT_MAX = 2_000_000;

/** What is known of the value of each field; null where nothing is. */
type Sources = ReadonlyMap<string, readonly Alternative[] | null>;

/**
 * Reports what the next step could never accept: a field that its agent requires and nobody
 * fills, one that it does not take, and a value or reference of another type.
 */
export function checkHandoffs(
  compilation: Compilation,
  index: number,
  route: Route,
  fields: Readonly<Record<string, string>> | null,
): void {
  const id = compilation.order.ids[index] ?? '';
  // What has no room for its patterns is refused: nobody looks through them once more.
  if (route.input === null || compilation.contracts.patterns.isFull) return;
  const sources = fields === null ? defaults(compilation, index) : sourcesOf(compilation, fields);
  if (sources === null) return;
  const path = ['workflow', 'steps', id, 'input'];
  const agent = `${route.agent.name}.${route.capability}`;
  const wanted = alternativesOfSchema(route.input);
  const say = (at: readonly string[], message: string) =>
    complain(compilation.report, 'CONTRACT_INCOMPATIBLE', at, message);
  for (const name of requiredByAll(wanted)) {
    if (sources.has(name)) continue;
    const found = `expected the field "${name}" that ${agent} requires, found none`;
    say(path, `${found}; add it to input`);
  }
  const { handoffs } = compilation;
  for (const [name, source] of sources) {
    handoffs.left -= weightOf(wanted) + weightOf(source ?? []);
    if (handoffs.left < 0) return;
    const members = wanted.map((one) => memberOf(one, name));
    if (members.some(({ said }) => said === 'unnamed')) continue;
    const accepted = members.flatMap(({ alternatives }) => alternatives);
    handoffs.left -= weightOf(accepted);
    const at = fields === null ? path.slice(0, -1) : [...path, name];
    if (accepted.length === 0) {
      if (fields === null || wanted.length === 0) continue;
      const known = nearest(name, [...new Set(wanted.flatMap((one) => [...namesIn(one).names]))]);
      const found = `expected a field that ${agent} accepts, found "${name}"`;
      say(at, `${found}; did you mean ${known}?`);
      continue;
    }
    const why = source && whyRefused(source, accepted, `/${name}`);
    if (why === null) continue;
    const message = `expected what ${agent} accepts, found another contract ${why}`;
    say(at, `${message}; change one of them`);
  }
}

/** Fields that are required whichever alternative a value is of. */
function requiredByAll(alternatives: readonly Alternative[]): readonly string[] {
  const [first, ...rest] = alternatives.map(requiredBy);
  return [...(first ?? [])].filter((name) => rest.every((one) => one.has(name)));
}

function sourcesOf(compilation: Compilation, fields: Readonly<Record<string, string>>): Sources {
  return new Map(
    Object.entries(fields).map(([name, source]) => [name, sourceOf(compilation, source)]),
  );
}

/** What is known of a literal, or of what a plain reference names. */
function sourceOf(compilation: Compilation, source: string): readonly Alternative[] | null {
  const ast = parseExpression(source);
  if (ast === null) return null;
  const literal = literalOf(ast);
  if (literal !== undefined) return alternativesOfSchema({ const: literal });
  const path = pathOf(ast);
  if (path === null) return null;
  const { definition, order, outputs } = compilation;
  if (path[0] === 'run' && path[1] === 'input') {
    const { input } = definition.workflow;
    return input === undefined ? null : alternativesAt(alternativesOfSchema(input), path.slice(2));
  }
  if (path[0] !== 'steps' || path[2] !== 'output') return null;
  const output = outputs[order.indexOf.get(path[1] ?? '') ?? -1] ?? null;
  return output && alternativesAt(alternativesOfSchema(output), path.slice(3));
}

/** Without `input` a step is given its needs' outputs by name, or the run's input. */
function defaults({ definition, order, outputs }: Compilation, index: number): Sources | null {
  const needs = order.needs[index] ?? [];
  if (needs.length > 0) {
    return new Map(
      needs.map((need) => {
        const output = outputs[need] ?? null;
        return [order.ids[need] ?? '', output && alternativesOfSchema(output)];
      }),
    );
  }
  const { input } = definition.workflow;
  const alternatives = input === undefined ? [] : alternativesOfSchema(input);
  if (alternatives.length === 0 || alternatives.some(({ exact }) => !exact)) return null;
  const names = new Set(alternatives.flatMap((one) => [...namesIn(one).names]));
  if (names.size === 0) return null;
  return new Map([...names].map((name) => [name, alternativesAt(alternatives, [name])] as const));
}
