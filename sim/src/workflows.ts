import { definition, type Definition, type StepDefinition } from '@fermata/contracts';
import { compileDefinition, definitionHash, type Graph } from '@fermata/core';
import { ANY_AGENT, definitionOf, look, review } from '@fermata/testing';

const CLASS = {
  attemptsMax: 3,
  backoff: { initial: '300ms', factor: 2, max: '2s' },
  timeout: '9s',
  lease: '3s',
};
const POLICY: Partial<Definition['policy']> = {
  classes: { reasoning: CLASS, read: CLASS, effect: CLASS },
  approvers: { groups: ['operators'], due: '30s', onDue: 'reject' },
};
/** Holds every effect for a person, and asks others when nobody answers. */
const CAREFUL: Partial<Definition['policy']> = {
  classes: {
    ...POLICY.classes,
    reasoning: CLASS,
    read: CLASS,
    effect: { ...CLASS, gate: 'always' },
  },
  approvers: {
    groups: ['reviewers'],
    due: '20s',
    onDue: { escalate: { groups: ['operators'], due: '20s', then: 'reject' } },
  },
};

/** What people may change in what a gate shows, and in what an effect is given. */
const EDITABLE = {
  type: 'object',
  properties: { tenant: { type: 'string' }, note: { type: 'string' } },
};
/** What effects say of their input. */
const GIVEN = { input: EDITABLE };

/** An agent that a pool of runners may have for itself. */
export const THINKER = 'thinker';

const act = (needs: readonly string[], once = false): StepDefinition => ({
  agent: 'any',
  capability: once ? 'act_once' : 'act',
  needs: [...needs],
});
const think = (needs: readonly string[]): StepDefinition => ({
  agent: THINKER,
  capability: 'think',
  needs: [...needs],
});
const gate = (needs: readonly string[], due: string): StepDefinition => {
  const step = review(needs, { run: 'run.id', tenant: 'run.tenant' });
  const asked = step.gate as NonNullable<StepDefinition['gate']>;
  return { ...step, gate: { ...asked, due, editable: EDITABLE } };
};
/** What the agents of a simulation promise: their answer says whose it is. */
const ANSWER = {
  type: 'object',
  required: ['tenant'],
  properties: { tenant: { type: 'string' } },
};

/** A workflow as people of a simulation start it. */
export interface Flow {
  readonly name: string;
  readonly definition: Definition;
  readonly hash: string;
  readonly graph: Graph;
}

/** Workflow in which a step's input breaks an invariant, for runs that are poisoned. */
export const POISON = 'poison';

const STEPS: Readonly<Record<string, () => Definition>> = {
  chain: () =>
    flow(
      { a: look(), b: think(['a']), c: look(['b']) },
      { checkpoints: { c1: ['a'], c2: ['b', 'c'] } },
    ),
  gated: () =>
    flow({
      a: look(),
      b: look(['a']),
      c: think(['a']),
      g: gate(['b', 'c'], '25s'),
      d: act(['g']),
      e: look(['d']),
    }),
  effects: () => flow({ a: look(), e1: act(['a'], true), e2: act(['a']), f: look(['e1', 'e2']) }),
  careful: () => flow({ a: act([]), b: act(['a'], true), c: look(['b']) }, {}, CAREFUL),
  timed: () =>
    flow(
      {
        a: look(),
        b: look(['a'], { when: 'run.input.extra == true' }),
        g: gate(['b'], '2m'),
        c: look(['g']),
      },
      { timeout: '40s' },
    ),
  fan: () =>
    flow({
      a: look(),
      ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`b${n}`, look(['a'])])),
      c: think(['b1', 'b2', 'b3', 'b4', 'b5']),
    }),
  strict: () =>
    flow({
      a: look([], { output: ANSWER }),
      b: act(['a'], true),
      c: look(['b'], { output: ANSWER }),
    }),
  resting: () =>
    flow({
      a: look(),
      s: { needs: ['a'], set: { tenant: 'run.tenant' } },
      w: { needs: ['s'], wait: { for: '7s' } },
      past: { needs: ['s'], wait: { until: '"2001-01-01T00:00:00Z"' } },
      c: look(['w', 'past']),
    }),
  [POISON]: () => flow({ a: look(), p: look(['a']), c: look(['p']) }, { timeout: '90s' }),
};

function flow(
  steps: Readonly<Record<string, StepDefinition>>,
  more: Partial<Definition['workflow']> = {},
  policy: Partial<Definition['policy']> = POLICY,
): Definition {
  const made = definitionOf(steps, more, policy);
  const { act, act_once: once, ...rest } = ANY_AGENT.capabilities;
  const capabilities = { ...rest, act: { ...act, ...GIVEN }, act_once: { ...once, ...GIVEN } };
  const agent = { ...ANY_AGENT, capabilities } as typeof ANY_AGENT;
  return { ...made, agents: [agent, { ...ANY_AGENT, name: THINKER }] };
}

/** The workflows, compiled once for all simulations of this process. */
export const FLOWS: readonly Flow[] = Object.entries(STEPS).map(([name, make]) => {
  const made = make();
  const named = definition.parse({ ...made, workflow: { ...made.workflow, name } });
  const compiled = compileDefinition(named);
  if (!compiled.ok) throw new Error(`flow ${name}: ${JSON.stringify(compiled.problems)}`);
  return { name, definition: named, hash: definitionHash(named), graph: compiled.graph };
});

const BY_HASH = new Map(FLOWS.map((one) => [one.hash, one]));

/** The graph of a definition by its hash. */
export function graphOf(hash: string): Graph | undefined {
  return BY_HASH.get(hash)?.graph;
}
