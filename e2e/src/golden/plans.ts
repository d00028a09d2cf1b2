import type { Definition, StepDefinition } from '@fermata/contracts';
import { definitionOf, look, review } from '@fermata/testing';

const CLASS = {
  attemptsMax: 3,
  backoff: { initial: '200ms', factor: 2, max: '1s' },
  timeout: '20s',
  lease: '5s',
};
/** So short that a story can wait for it. */
const HASTY = { ...CLASS, timeout: '1s', lease: '1s' };

/** Rules under names of their own: a name stands for one content. */
const RULES = {
  plain: { rules: CLASS, effect: CLASS },
  hasty: { rules: HASTY, effect: HASTY },
  careful: { rules: CLASS, effect: { ...CLASS, gate: 'always' as const } },
};

function plan(
  name: string,
  policy: keyof typeof RULES,
  steps: Readonly<Record<string, StepDefinition>>,
  more: Partial<Definition['workflow']> = {},
): Definition {
  const { rules, effect } = RULES[policy];
  const said = { name, policy: `${policy}@1.0.0`, ...more };
  return definitionOf(steps, said, {
    name: policy,
    classes: { reasoning: rules, read: rules, effect },
    approvers: { groups: ['operators'], due: '2d', onDue: 'reject' },
  });
}

const act = (capability: 'act' | 'act_once', needs: readonly string[] = []): StepDefinition => {
  return { agent: 'any', capability, needs: [...needs] };
};
const gate = (needs: readonly string[], more: object): StepDefinition => {
  const step = review(needs, { input: 'run.input', run: 'run.id' });
  return { ...step, gate: { ...step.gate, ...more } as NonNullable<StepDefinition['gate']> };
};
const branches = Array.from({ length: 12 }, (_, index) => `b${index}`);

/** Twelve branches, one of which is skipped by its condition, and a join. */
export const FAN_OUT = plan(
  'fan-out',
  'plain',
  {
    root: look(),
    ...Object.fromEntries(branches.map((id) => [id, look(['root'])])),
    odd: look(['root'], { when: 'run.input.odd' }),
    join: look([...branches, 'odd']),
  },
  { checkpoints: { c1: ['root'], c2: branches } },
);

const EDITABLE = {
  type: 'object',
  required: ['amount'],
  properties: { amount: { type: 'integer', minimum: 1, maximum: 9_000 } },
};
/** A question with data that a person may edit, and an effect that the policy holds. */
export const HOLD = plan(
  'hold',
  'careful',
  {
    read: look(),
    ask: {
      needs: ['read'],
      gate: {
        title: 'Is this amount right?',
        groups: ['reviewers'],
        show: { amount: 'run.input.amount' },
        due: '2d',
        onDue: 'reject',
        editable: EDITABLE,
      },
    },
    pay: { ...act('act', ['ask']), input: { amount: 'steps.ask.output.data.amount' } },
  },
  { timeout: '7d' },
);

/** An effect whose tool can't be asked twice, and one whose tool can. */
export const DOUBT = plan('doubt', 'hasty', { once: act('act') });
export const KEYED = plan('keyed', 'hasty', { once: act('act_once') });

const escalated = (due: string): StepDefinition =>
  gate([], { due: '500ms', onDue: { escalate: { groups: ['seniors'], due, then: 'reject' } } });
/** A question that goes to others when nobody answers; the second time they are late too. */
export const ESCALATE = plan('escalate', 'plain', { ask: escalated('2d') });
export const LATE = plan('late', 'plain', { ask: escalated('500ms') });

/** Two steps, one after the other. */
export const PLAIN = plan(
  'plain',
  'plain',
  { first: look(), second: look(['first']) },
  { output: { got: 'steps.second.output' } },
);
/** A step that is late, and a run that is. */
export const HURRY = plan('hurry', 'hasty', { first: look() });
export const BRIEF = plan('brief', 'plain', { first: look() }, { timeout: '600ms' });
