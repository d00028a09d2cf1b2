import {
  canonicalJson,
  durationMs,
  LIMITS,
  type AgentDefinition,
  type Definition,
  type Json,
  type JsonObject,
  type PolicyDefinition,
  type StepDefinition,
} from '@fermata/contracts';
import { sha256Hex } from '../digest';
import { ContractCompiler } from '../handoff/contract';
import { drained, type Pieces } from '../pieces';
import { HANDOFF_WEIGHT_MAX } from './handoffs';
import { checkAgents } from './agents';
import { contractAt, evaluateFields, fieldsAt, type Compilation, type Placed } from './author';
import type { Evaluated, Graph, GraphStep, Scope } from './graph';
import { orderOf, precedenceOf } from './order';
import { complain, type Problem, type Report } from './problem';
import { routeOf, type Route } from './route';
import { compileStep, policyGatesOf } from './step';

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
  const routes = order.ids.map((id) => routeIn(definition, id, report));
  const outputs = order.ids.map((id, index) => outputOf(workflow.steps[id], routes[index] ?? null));
  const contracts = new ContractCompiler();
  const precedes = precedenceOf(order);
  const compilation: Compilation = {
    definition,
    order,
    precedes,
    report,
    contracts,
    outputs,
    placed,
    handoffs: { left: HANDOFF_WEIGHT_MAX },
  };
  return { graph: yield* assemble(compilation, routes), compilation };
}

function checkSize(definition: Definition, report: Report): void {
  const size = canonicalJson(definition as unknown as Json).length;
  if (size <= LIMITS.definitionBytesMax) return;
  const found = `expected at most ${LIMITS.definitionBytesMax} bytes of definition, found ${size}`;
  complain(report, 'LIMIT_EXCEEDED', ['workflow'], `${found}; split the workflow`);
}

function routeIn(definition: Definition, id: string, report: Report): Route | null {
  const step = definition.workflow.steps[id];
  if (step === undefined) return null;
  if (step.gate === undefined) return routeOf(definition, id, step, report);
  const extra = (
    ['agent', 'capability', 'risk', 'input', 'output', 'retry', 'timeout'] as const
  ).find((field) => step[field] !== undefined);
  if (extra !== undefined) {
    const found = `expected a gate, which a person performs, found also "${extra}"`;
    const path = ['workflow', 'steps', id, extra];
    complain(report, 'DEFINITION_INVALID', path, `${found}; make it a step of its own`);
  }
  return null;
}

/** What a step promises: its own contract, its agent's, or what every gate gives. */
function outputOf(step: StepDefinition | undefined, route: Route | null): JsonObject | null {
  if (step?.gate === undefined) return step?.output ?? route?.output ?? null;
  const data = step.gate.editable ?? {};
  const text = { type: 'string' };
  return {
    type: 'object',
    properties: { decision: text, data, approver: text, reason: {} },
    required: ['decision', 'data', 'approver', 'reason'],
  };
}

function* assemble(compilation: Compilation, routes: readonly (Route | null)[]): Pieces<Graph> {
  const { definition, order } = compilation;
  const { workflow, policy } = definition;
  const checkpoints = checkpointsOf(compilation);
  const shared = { checkpoints, policyGates: yield* policyGatesOf(compilation) };
  const steps: GraphStep[] = [];
  for (const index of order.ids.keys()) {
    yield;
    steps.push(yield* compileStep(compilation, index, routes[index] ?? null, shared));
  }
  return {
    hash: definitionHash(definition),
    workflow: { name: workflow.name, version: workflow.version },
    policy: { name: policy.name, version: policy.version, digest: contentDigest(policy) },
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
