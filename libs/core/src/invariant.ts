/**
 * Stops on a bug rather than write a wrong fact. The only place of the core that throws: the
 * owner quarantines the run, or stops the partition when many runs are hit.
 */
export function invariant(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new InvariantBroken(rule);
}

/** Thrown by `invariant`: the state contradicts a rule that the code relies on. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';

  constructor(rule: string) {
    super(`expected that ${rule}, found the contrary; this is a defect of Fermata, report it`);
  }
}
