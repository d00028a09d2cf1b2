import { LIMITS } from '@fermata/contracts';

/**
 * Counts the steps of evaluating what an author handed in: contracts, conditions, inputs. A step
 * takes some nanoseconds wherever it is taken, and its count depends on the text of schema,
 * expression and value alone, never on a clock: whoever decides the same comes to the same end.
 */
export class Meter {
  /** Steps taken so far. */
  spent = 0;

  constructor(private readonly max: number = LIMITS.evaluationStepsMax) {}

  /** Whether all steps are used up: what is evaluated from now on fails at once. */
  get isOut(): boolean {
    return this.spent > this.max;
  }

  /** Takes steps, before the work that they stand for; throws when none are left. */
  spend(steps: number): void {
    this.spent += steps;
    if (this.spent > this.max) throw new OutOfSteps(this.max);
  }
}

/**
 * Thrown by `Meter.spend`, and caught where evaluating a contract or an expression begins: it must
 * end loops of a checker that knows nothing of steps.
 */
export class OutOfSteps extends Error {
  override readonly name = 'OutOfSteps';

  constructor(max: number) {
    const found = `expected at most ${max} steps of evaluation in one decision`;
    super(`${found} (evaluationStepsMax), found more; simplify the schema or the expression`);
  }
}
