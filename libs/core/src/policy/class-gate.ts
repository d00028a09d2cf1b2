import type { Json, PolicyDefinition } from '@fermata/contracts';
import { expressionAt, truthOf, type Compilation } from '../graph/author';
import { NO, YES, type Evaluated, type Scope } from '../graph/scope';
import type { Pieces } from '../pieces';
import type { Answer, Answering } from './rule';

/** Class of a step that an agent performs. */
export type AgentRisk = keyof PolicyDefinition['classes'];

/** A step that could start with this input. */
interface Start {
  readonly risk: AgentRisk;
  readonly scope: Scope;
  readonly input: Json;
}

type Held = Answer<Evaluated<boolean>>;

/** Whether a step of its class is held for a person before it starts with its input. */
export function* classGate(compilation: Compilation): Pieces<Answering<Start, Evaluated<boolean>>> {
  // Each class is read, also one that no step has yet: its mistakes are told.
  const byClass = {
    reasoning: yield* gateOf(compilation, 'reasoning'),
    read: yield* gateOf(compilation, 'read'),
    effect: yield* gateOf(compilation, 'effect'),
  };
  return ({ risk, scope, input }) => byClass[risk](scope, input);
}

function* gateOf(
  compilation: Compilation,
  risk: AgentRisk,
): Pieces<(scope: Scope, input: Json) => Held> {
  const { gate } = compilation.definition.policy.classes[risk];
  const rule = `classes.${risk}.gate`;
  if (gate === undefined) return always({ outcome: NO, rule: `default.${rule}` });
  if (gate === 'never') return always({ outcome: NO, rule });
  if (gate === 'always') return always({ outcome: YES, rule });
  const path = ['policy', 'classes', risk, 'gate', 'when'];
  const place = { path, step: null, wanted: 'bool', input: true } as const;
  const expression = yield* expressionAt(compilation, gate.when, place);
  if (expression === null) return always({ outcome: YES, rule });
  const when = `${rule}.when`;
  return (scope, input) => ({ outcome: truthOf(expression.evaluate(scope, input)), rule: when });
}

/** What does not depend on the input is one answer, made once. */
function always(answer: Held): () => Held {
  return () => answer;
}
