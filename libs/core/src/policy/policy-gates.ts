import type { PolicyDefinition, Json } from '@fermata/contracts';
import type { Expression } from '../expression/expression';
import { expressionAt, truthOf, type Compilation } from '../graph/author';
import { NO, YES, type Evaluated, type Scope } from '../graph/scope';
import type { Pieces } from '../pieces';

/** Class of a step that an agent performs. */
export type AgentRisk = keyof PolicyDefinition['classes'];

/** Whether the policy holds a step, with this input, for a person before it starts. */
export type PolicyGate = (scope: Scope, input: Json) => Evaluated<boolean>;

/** The policy's gates by class. */
export type PolicyGates = Readonly<Record<AgentRisk, PolicyGate>>;

/** What the policy asks of each risk class, also of one that no step has yet. */
export function* policyGatesOf(compilation: Compilation): Pieces<PolicyGates> {
  return {
    reasoning: yield* policyGateOf(compilation, 'reasoning'),
    read: yield* policyGateOf(compilation, 'read'),
    effect: yield* policyGateOf(compilation, 'effect'),
  };
}

function* policyGateOf(compilation: Compilation, risk: AgentRisk): Pieces<PolicyGate> {
  const rule = compilation.definition.policy.classes[risk].gate ?? 'never';
  if (rule === 'never') return () => NO;
  if (rule === 'always') return () => YES;
  const path = ['policy', 'classes', risk, 'gate', 'when'];
  const place = { path, step: null, wanted: 'bool', input: true } as const;
  const expression: Expression | null = yield* expressionAt(compilation, rule.when, place);
  return (scope, input) => (expression === null ? YES : truthOf(expression.evaluate(scope, input)));
}
