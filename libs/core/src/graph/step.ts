import { pathOf, type StepDefinition } from '@fermata/contracts';
import type { Pieces } from '../pieces';
import { expressionAt, truthOf, type Compilation } from './author';
import type { GraphStep } from './graph';
import { NO, YES } from './scope';

/** Compiles what a step has whatever its kind: its place in the graph and its condition. */
export function* compileStep(
  compilation: Compilation,
  index: number,
  checkpoints: readonly { readonly steps: readonly number[] }[],
): Pieces<Omit<GraphStep, 'work'>> {
  const { definition, order } = compilation;
  const id = pathOf(order.ids[index] ?? '');
  return {
    index,
    id,
    needs: order.needs[index] ?? [],
    dependents: order.dependents[index] ?? [],
    checkpoints: checkpoints.flatMap(({ steps }, at) => (steps.includes(index) ? [at] : [])),
    when: yield* whenOf(compilation, index, definition.workflow.steps[id] ?? {}),
  };
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
