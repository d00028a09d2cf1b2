import type { World } from './world';

/** A rule that did not hold, and where that was noticed. */
export interface Violation {
  readonly rule: string;
  readonly message: string;
}

/** What was found to be wrong; the first one ends a simulation. */
export class Violations {
  readonly all: Violation[] = [];

  constructor(private readonly world: World) {}

  /** Tells of a violation unless the rule holds. */
  check(holds: boolean, rule: string, message: () => string): void {
    if (holds) return;
    this.all.push({ rule, message: message() });
    this.world.note(() => `VIOLATION of "${rule}": ${message()}`);
  }

  get isAny(): boolean {
    return this.all.length > 0;
  }
}
