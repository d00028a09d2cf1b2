import {
  canonicalJson,
  durationMs,
  foreignField,
  kindOf,
  LIMITS,
  stepKinds,
  type AgentDefinition,
  type Definition,
  type Json,
  type PolicyDefinition,
} from '@fermata/contracts';
import { sha256Hex } from '../digest';
import { ContractCompiler } from '../handoff/contract';
import { drained, type Pieces } from '../pieces';
import { HANDOFF_WEIGHT_MAX } from './handoffs';
import { checkAgents } from './agents';
import { contractAt, evaluateFields, fieldsAt, type Compilation, type Placed } from './author';
import type { Graph, GraphStep } from './graph';
import type { Evaluated, Scope } from './scope';
import { orderOf, precedenceOf } from './order';
import { complain, type Problem, type Report } from './problem';
import { compileStep } from './step';
import { readPolicy } from '../policy/consult';
import type { Reading } from '../steps/kind';
import { readStep, type Work } from '../steps/kinds';

/** A definition's graph, or everything that is wrong with it. */
export type Compiled =
  | { readonly ok: true; readonly graph: Graph }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** SHA-256 of a definition's canonical JSON: what a run is pinned to. */
export function definitionHash(definition: Definition): string {
  return sha256Hex(canonicalJson(definition as unknown as Json));
}

/** SHA-256 of a policy's or an agent's canonical JSON: what its name and version stand for. */
export function contentDigest(content: PolicyDefinition | AgentDefinition): string {
  return sha256Hex(canonicalJson(content as unknown as Json));
}

/**
 * Compiles a definition for its runs. It takes all that was ever deployed: what is on a log must
 * compile, whatever authors are told of it today. `checkDefinition` is for those.
 */
export function compileDefinition(definition: Definition): Compiled {
  return drained(compiling(definition));
}

/** Compiles a definition in pieces: each is a step, an expression or a part of a schema. */
export function* compiling(definition: Definition): Pieces<Compiled> {
  const report: Report = { problems: [] };
  const compiled = yield* compileWith(definition, report, null);
  if (compiled === null || report.problems.length > 0) {
    return { ok: false, problems: report.problems };
  }
  return { ok: true, graph: compiled.graph };
}

/**
 * Compiles a definition: graph, routes, expressions and contracts. With a list for the expressions
 * it also checks them with their types, and whether each step can accept what the steps before it
 * promise. Null when there is no graph at all; else the report says whether it may be used.
 */
export function* compileWith(
  definition: Definition,
  report: Report,
  placed: Placed[] | null,
): Pieces<{ readonly graph: Graph; readonly compilation: Compilation } | null> {
  const { workflow, policy } = definition;
  checkSize(definition, report);
  const named = `${policy.name}@${policy.version}`;
  if (workflow.policy !== named) {
    const found = `expected policy ${workflow.policy}, found ${named}`;
    complain(report, 'DEFINITION_INVALID', ['workflow', 'policy'], `${found}; bring that policy`);
  }
  const order = orderOf(workflow, report);
  if (report.problems.length > 0) return null;
  if (placed !== null) checkAgents(definition, report);
  const readings = order.ids.map((id) => readingOf(definition, id, report));
  const contracts = new ContractCompiler();
  const precedes = precedenceOf(order);
  const compilation: Compilation = {
    definition,
    order,
    precedes,
    report,
    contracts,
    outputs: readings.map(({ gives }) => gives.schema),
    types: readings.map(({ gives }) => gives.type),
    placed,
    handoffs: { left: HANDOFF_WEIGHT_MAX },
  };
  return { graph: yield* assemble(compilation, readings), compilation };
}

function checkSize(definition: Definition, report: Report): void {
  const size = canonicalJson(definition as unknown as Json).length;
  if (size <= LIMITS.definitionBytesMax) return;
  const found = `expected at most ${LIMITS.definitionBytesMax} bytes of definition, found ${size}`;
  complain(report, 'LIMIT_EXCEEDED', ['workflow'], `${found}; split the workflow`);
}

/** Has a step read by its kind; it has the fields of no other. */
function readingOf(definition: Definition, id: string, report: Report): Reading<Work> {
  const step = definition.workflow.steps[id] ?? {};
  const kind = kindOf(step);
  const extra = foreignField(step, kind);
  if (extra !== null) {
    const found = `expected ${stepKinds[kind].is}, found also "${extra}"`;
    const path = ['workflow', 'steps', id, extra];
    complain(report, 'DEFINITION_INVALID', path, `${found}; make it a step of its own`);
  }
  return readStep(kind, { id, step, definition, report });
}

function* assemble(compilation: Compilation, readings: readonly Reading<Work>[]): Pieces<Graph> {
  const { definition, order } = compilation;
  const { workflow, policy } = definition;
  const checkpoints = checkpointsOf(compilation);
  const version = { name: policy.name, version: policy.version, digest: contentDigest(policy) };
  const rules = yield* readPolicy(compilation, version);
  const shared = { ...compilation, policy: rules };
  const steps: GraphStep[] = [];
  for (const [index, reading] of readings.entries()) {
    yield;
    const work = yield* reading.compile(shared, index);
    steps.push({ ...(yield* compileStep(compilation, index, checkpoints)), work });
  }
  return {
    hash: definitionHash(definition),
    workflow: { name: workflow.name, version: workflow.version },
    policy: version,
    rules,
    timeoutMs: workflow.timeout === undefined ? null : durationMs(workflow.timeout),
    steps,
    indexOf: order.indexOf,
    checkpoints,
    checkInput: yield* contractAt(compilation, workflow.input, ['workflow', 'input']),
    output: yield* resultOf(compilation),
  };
}

function checkpointsOf({ definition, order, report }: Compilation): Graph['checkpoints'] {
  return Object.entries(definition.workflow.checkpoints ?? {}).map(([label, ids]) => {
    const steps = ids.map((id, place) => {
      const index = order.indexOf.get(id);
      if (index !== undefined) return index;
      const path = ['workflow', 'checkpoints', label, place];
      const found = `expected a step of this workflow, found "${id}"`;
      complain(report, 'STEP_UNKNOWN', path, `${found}; correct the name`);
      return -1;
    });
    return { label, steps };
  });
}

/** The run's result: as declared, or the outputs of the steps that nobody needs. */
function* resultOf(compilation: Compilation): Pieces<(scope: Scope) => Evaluated<Json>> {
  const { definition, order } = compilation;
  if (definition.workflow.output !== undefined) {
    const path = ['workflow', 'output'];
    const fields = yield* fieldsAt(compilation, definition.workflow.output, path, null);
    return (scope) => evaluateFields(fields, scope);
  }
  const last = order.ids.flatMap((id, index) =>
    order.dependents[index]?.length === 0 ? [{ id, index }] : [],
  );
  return (scope) => {
    const members = last.map(({ id, index }) => [id, scope.step(index).output ?? null]);
    return { ok: true, value: Object.fromEntries(members) as Json };
  };
}
