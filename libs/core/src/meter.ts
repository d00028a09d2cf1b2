import { LIMITS } from '@fermata/contracts';

/** What came of work within the steps that there are. */
export type Within<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

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
    if (this.spent > this.max) {
      const found = `expected at most ${this.max} steps of evaluation in one decision`;
      const message = `${found} (evaluationStepsMax), found more`;
      throw new OutOfSteps(`${message}; simplify the schema or the expression`);
    }
  }

  /** Does work that spends steps; says why it did not end when none were left. */
  within<T>(work: () => T): Within<T> {
    try {
      return { ok: true, value: work() };
    } catch (error) {
      if (error instanceof OutOfSteps) return { ok: false, message: error.message };
      throw error;
    }
  }

  /** Ends an evaluation that would need more than any number of steps. */
  stop(message: string): never {
    this.spent = Infinity;
    throw new OutOfSteps(message);
  }
}

/**
 * Thrown by `Meter.spend`, and caught where evaluating a contract or an expression begins: it must
 * end loops of a checker that knows nothing of steps.
 */
export class OutOfSteps extends Error {
  override readonly name = 'OutOfSteps';
}
