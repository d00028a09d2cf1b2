import { durationMs, type Json, type StepDefinition } from '@fermata/contracts';
import type { Expression } from '../expression/expression';
import { editRuleOf } from '../handoff/edits';
import type { Pieces } from '../pieces';
import { stepPolicy } from '../policy/step-policy';
import {
  contractAt,
  evaluateFields,
  expressionAt,
  fieldsAt,
  truthOf,
  type Compilation,
} from './author';
import type { Evaluated, Graph, GraphGate, GraphStep, Scope } from './graph';
import { checkHandoffs } from './handoffs';
import type { Route } from './route';

const YES: Evaluated<boolean> = { ok: true, value: true };
const NO: Evaluated<boolean> = { ok: true, value: false };

type PolicyGates = Readonly<Record<Route['risk'], GraphStep['policyGate']>>;

/** What is compiled once for all steps of a graph. */
export interface SharedByAllSteps {
  readonly checkpoints: Graph['checkpoints'];
  readonly policyGates: PolicyGates;
}

/** Compiles one step of a graph. */
export function* compileStep(
  compilation: Compilation,
  index: number,
  route: Route | null,
  { checkpoints, policyGates }: SharedByAllSteps,
): Pieces<GraphStep> {
  const { definition, order } = compilation;
  const id = order.ids[index] ?? '';
  const step = definition.workflow.steps[id] ?? {};
  const path = ['workflow', 'steps', id];
  const risk = route?.risk ?? 'reasoning';
  const output = yield* contractAt(compilation, step.output, [...path, 'output']);
  const accepted = promisedAt(compilation, route, 'input');
  const checkInput = yield* contractAt(compilation, route?.input, accepted);
  const given = promisedAt(compilation, route, 'output');
  const promised = yield* contractAt(compilation, route?.output, given);
  return {
    index,
    id,
    needs: order.needs[index] ?? [],
    dependents: order.dependents[index] ?? [],
    checkpoints: checkpoints.flatMap(({ steps }, at) => (steps.includes(index) ? [at] : [])),
    kind: step.gate === undefined ? 'agent' : 'gate',
    risk: step.gate === undefined ? risk : 'gate',
    agent: route?.agent ?? { name: '', version: '' },
    capability: route?.capability ?? '',
    idempotent: route?.idempotent ?? false,
    ...stepPolicy(definition.policy, risk, step),
    gate: yield* gateOf(compilation, index, step),
    when: yield* whenOf(compilation, index, step),
    input: yield* inputOf(compilation, index, step, route),
    checkInput,
    checkEditedInput: editRuleOf(route?.input ?? null, checkInput),
    checkOutput: (value, meter) => output(value, meter) ?? promised(value, meter),
    policyGate: policyGates[risk],
  };
}

/** Where an agent's contract stands: a mistake in it is the agent's, not the step's. */
function promisedAt(
  { definition }: Compilation,
  route: Route | null,
  which: 'input' | 'output',
): readonly (string | number)[] {
  const index = definition.agents.findIndex(({ name }) => name === route?.agent.name);
  return ['agents', index, 'capabilities', route?.capability ?? '', which];
}

function* whenOf(
  compilation: Compilation,
  index: number,
  step: StepDefinition,
): Pieces<GraphStep['when']> {
  if (step.when === undefined) return () => YES;
  const path = ['workflow', 'steps', compilation.order.ids[index] ?? '', 'when'];
  const place = { path, step: index, wanted: 'bool' } as const;
  const expression = yield* expressionAt(compilation, step.when, place);
  return (scope) => (expression === null ? NO : truthOf(expression.evaluate(scope)));
}

function* inputOf(
  compilation: Compilation,
  index: number,
  step: StepDefinition,
  route: Route | null,
): Pieces<GraphStep['input']> {
  const path = ['workflow', 'steps', compilation.order.ids[index] ?? '', 'input'];
  const fields = step.input && (yield* fieldsAt(compilation, step.input, path, index));
  if (route !== null && compilation.placed !== null) {
    checkHandoffs(compilation, index, route, step.input ?? null);
  }
  if (fields !== undefined) return (scope) => evaluateFields(fields, scope);
  const needs = (compilation.order.needs[index] ?? []).map((need) => ({
    need,
    id: compilation.order.ids[need] ?? '',
  }));
  return (scope) => ({ ok: true, value: defaultInput(scope, needs) });
}

/** Without fields a step is given its needs' outputs by name, or the run's input. */
function defaultInput(scope: Scope, needs: readonly { need: number; id: string }[]): Json {
  if (needs.length === 0) return scope.run.input;
  const members: Record<string, Json> = {};
  for (const { need, id } of needs) {
    const { output } = scope.step(need);
    if (output !== undefined) members[id] = output;
  }
  return members;
}

function* gateOf(
  compilation: Compilation,
  index: number,
  step: StepDefinition,
): Pieces<GraphGate | null> {
  const { gate } = step;
  if (gate === undefined) return null;
  const path = ['workflow', 'steps', compilation.order.ids[index] ?? '', 'gate'];
  const edited = yield* contractAt(compilation, gate.editable, [...path, 'editable']);
  const shown = yield* fieldsAt(compilation, gate.show, [...path, 'show'], index);
  return {
    title: gate.title,
    groups: gate.groups,
    dueMs: durationMs(gate.due),
    onDue: gate.onDue,
    editable: gate.editable ?? null,
    show: (scope) => evaluateFields(shown, scope),
    checkEdited: editRuleOf(gate.editable ?? null, edited),
  };
}

/** What the policy asks of each risk class, also of one that no step has yet. */
export function* policyGatesOf(compilation: Compilation): Pieces<PolicyGates> {
  return {
    reasoning: yield* policyGateOf(compilation, 'reasoning'),
    read: yield* policyGateOf(compilation, 'read'),
    effect: yield* policyGateOf(compilation, 'effect'),
  };
}

function* policyGateOf(
  compilation: Compilation,
  risk: Route['risk'],
): Pieces<GraphStep['policyGate']> {
  const rule = compilation.definition.policy.classes[risk].gate ?? 'never';
  if (rule === 'never') return () => NO;
  if (rule === 'always') return () => YES;
  const path = ['policy', 'classes', risk, 'gate', 'when'];
  const place = { path, step: null, wanted: 'bool', input: true } as const;
  const expression: Expression | null = yield* expressionAt(compilation, rule.when, place);
  return (scope, input) => (expression === null ? YES : truthOf(expression.evaluate(scope, input)));
}
