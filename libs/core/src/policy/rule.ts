/** What a rule says to a question, and the name of what said so. */
export interface Answer<O> {
  readonly outcome: O;
  /**
   * A path in the policy, such as `classes.effect.gate.when`; `default.` and the path when the
   * policy leaves it out; `fixed.` and a name for what no policy may change.
   */
  readonly rule: string;
}

/** Answers questions by a rule. Pure, and the same for the same question. */
export type Answering<Q, O> = (question: Q) => Answer<O>;
