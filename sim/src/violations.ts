import type { World } from './world';

/** A rule that did not hold, and where that was noticed. */
export interface Violation {
  readonly rule: string;
  readonly message: string;
}

/** What was found to be wrong; the first one ends a simulation. */
export class Violations {
  readonly all: Violation[] = [];
  private rules: ReadonlySet<string> | null = null;

  constructor(private readonly world: World) {}

  /** Tells of a violation unless the rule holds. */
  check(holds: boolean, rule: string, message: () => string): void {
    if (holds || this.rules?.has(rule) === false) return;
    this.all.push({ rule, message: message() });
    this.world.note(() => `VIOLATION of "${rule}": ${message()}`);
  }

  /** From now on only these rules are expected to hold: the log itself was damaged. */
  narrowTo(rules: readonly string[]): void {
    this.rules = new Set(rules);
  }

  get isAny(): boolean {
    return this.all.length > 0;
  }
}
