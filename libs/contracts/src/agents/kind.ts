/** What is wrong with an agent, though its fields have the right form; and at which of them. */
export interface AgentMistake {
  readonly field: string;
  /** What was expected, what was found and what to do. */
  readonly message: string;
}

/** What authors are told of the agents of a kind beyond the form of their fields. */
export interface AgentRules<A> {
  mistakeIn(agent: A): AgentMistake | null;
}
