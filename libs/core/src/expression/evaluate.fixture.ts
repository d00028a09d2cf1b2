import type { Json } from '@fermata/contracts';
import type { Evaluated } from '../graph/scope';
import { invariant } from '../invariant';
import { Meter } from '../meter';
import { checkingEnvironment } from './environment';
import { checkExpression, type CheckedExpression } from './expression';

const environment = checkingEnvironment({
  run: { id: 'string', tenant: 'string', requester: 'string', input: 'dyn' },
});

/** Checks an expression that may read a run's input, of which nothing is known. */
export function check(source: string): CheckedExpression {
  return checkExpression(source, environment, new Map());
}

/** What an expression gives for an input, and the steps that it took. */
export function evaluate(
  source: string,
  input: Json,
  meter = new Meter(),
): { readonly found: Evaluated<Json>; readonly steps: number } {
  const checked = check(source);
  invariant(checked.ok, `${source} is an expression`);
  const run = { id: 'run-1', tenant: 'acme', requester: 'user:asha', input };
  const step = () => ({ status: 'pending', output: undefined }) as const;
  const found = checked.expression.evaluate({ run, step, meter });
  return { found, steps: meter.spent };
}
