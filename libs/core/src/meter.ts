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
  private why = '';

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
      this.stop(`${message}; simplify the schema or the expression`);
    }
  }

  /**
   * Does work that spends steps; says why it did not end when none were left, also when the work
   * took that for an error of its own and went on.
   */
  within<T>(work: () => T): Within<T> {
    try {
      const value = work();
      return this.isOut ? { ok: false, message: this.why } : { ok: true, value };
    } catch (error) {
      if (this.isOut) return { ok: false, message: this.why };
      throw error;
    }
  }

  /** Does work that may throw, which takes steps of its own: the message, and where it was. */
  orThrow<T>(steps: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.spend(steps);
      throw error;
    }
  }

  /** Ends an evaluation that has, or would have, no end. */
  stop(message: string): never {
    this.why ||= message;
    this.spent = Math.max(this.spent, this.max + 1);
    throw new OutOfSteps(this.why);
  }
}

/**
 * Thrown by `Meter.spend`, and caught where evaluating a contract or an expression begins: it must
 * end loops of a checker that knows nothing of steps.
 */
export class OutOfSteps extends Error {
  override readonly name = 'OutOfSteps';
}
