import { bounded, narrowed, type Goal, type Knowledge, type Term } from './formula';

/** Whether goals can hold together; unknown when that took more work than there was. */
export type Answer = 'yes' | 'no' | 'unknown';

/** How much more work may be done: a definition must not hold up those of others. */
export interface Work {
  left: number;
}

/** Goals that one question may look at. */
const GOALS_MAX = 1_000;

/** A step of work looks through 16 of the values that a term may have. */
const VALUES_PER_STEP_BITS = 4;

/** What follows when a step has, or has not, been completed. */
export type StatusMeans = (step: number, isCompleted: boolean) => readonly Goal[];

interface Search {
  readonly means: StatusMeans;
  readonly work: Work;
  left: number;
}

/**
 * Whether there may be values with which all goals hold. It branches where a condition leaves a
 * choice; terms are told apart by their keys, and nothing else is known of how they hang together.
 */
export function canHold(goals: readonly Goal[], means: StatusMeans, work: Work): Answer {
  return search(goals, new Map(), { means, work, left: GOALS_MAX });
}

function search(goals: readonly Goal[], facts: Map<string, Knowledge>, state: Search): Answer {
  const open = [...goals];
  const choices: (readonly Goal[])[] = [];
  // In the order in which they came up: what contradicts each other mostly stands close together.
  for (const goal of open) {
    state.left -= 1;
    state.work.left -= 1;
    if (state.left < 0 || state.work.left < 0) return 'unknown';
    const next = follow(goal, facts, state);
    if (next === null) return 'no';
    if (next.isChoice) choices.push(next.goals);
    else open.push(...next.goals);
  }
  const [choice, ...rest] = choices;
  if (choice === undefined) return 'yes';
  let answer: Answer = 'no';
  for (const goal of choice) {
    // The other choices are taken up again as what they were: one of these goals each.
    const others = rest.map((one): Goal => asOne(one));
    const found = search([...others, goal], new Map(facts), state);
    if (found === 'yes') return 'yes';
    if (found === 'unknown') answer = 'unknown';
  }
  return answer;
}

function asOne(choice: readonly Goal[]): Goal {
  const parts = choice.map(({ formula, holds }) =>
    holds ? formula : ({ op: 'not', part: formula } as const),
  );
  return { formula: { op: 'or', parts }, holds: true };
}

interface Next {
  readonly goals: readonly Goal[];
  /** Whether one of the goals is enough. */
  readonly isChoice: boolean;
}

const DONE: Next = { goals: [], isChoice: false };

/** What is to be looked at next for a goal; null when it can't hold. */
function follow(
  { formula, holds }: Goal,
  facts: Map<string, Knowledge>,
  state: Search,
): Next | null {
  switch (formula.op) {
    case 'always':
      return formula.value === holds ? DONE : null;
    case 'not':
      return { goals: [{ formula: formula.part, holds: !holds }], isChoice: false };
    case 'and':
    case 'or': {
      const goals = formula.parts.map((part) => ({ formula: part, holds }));
      return { goals, isChoice: (formula.op === 'or') === holds };
    }
    case 'is':
      return learn(formula.term, facts, state, (known) => narrowed(known, formula.values, holds));
    case 'less':
      return learn(formula.term, facts, state, (known) => bounded(known, formula, holds));
  }
}

function learn(
  term: Term,
  facts: Map<string, Knowledge>,
  { means, work }: Search,
  change: (known: Knowledge) => Knowledge | null,
): Next | null {
  const before = facts.get(term.key) ?? term.known;
  work.left -= (before.values?.length ?? 0) >> VALUES_PER_STEP_BITS;
  const after = change(before);
  if (after === null) return null;
  facts.set(term.key, after);
  if (term.statusOf === null || after.values?.length !== 1) return DONE;
  if (before.values?.length === 1) return DONE;
  const [status] = after.values;
  if (status === '"pending"') return DONE;
  return { goals: means(term.statusOf, status === '"completed"'), isChoice: false };
}
