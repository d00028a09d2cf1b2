import type { AgentDefinition, Definition, StepDefinition } from '@fermata/contracts';

const BACKOFF = { initial: '1s', factor: 2, max: '1m' };
const CLASS = { attemptsMax: 3, backoff: BACKOFF, timeout: '30s', lease: '10s' };

/** An agent with one capability of each risk, none of which promises anything. */
export const ANY_AGENT: AgentDefinition = {
  name: 'any',
  version: '1.0.0',
  kind: 'function',
  capabilities: {
    think: { module: './think.ts', risk: 'reasoning' },
    look: { module: './look.ts', risk: 'read' },
    act: { module: './act.ts', risk: 'effect' },
    act_once: { module: './act.ts', risk: 'effect', idempotent: true },
  },
};

/** A step that the agent `any` performs by reading. */
export function look(needs: readonly string[] = [], more: StepDefinition = {}): StepDefinition {
  return { agent: 'any', capability: 'look', needs: [...needs], ...more };
}

/** A step that holds for the group `reviewers`. */
export function review(needs: readonly string[], show: Record<string, string>): StepDefinition {
  return {
    needs: [...needs],
    gate: { title: 'Review', groups: ['reviewers'], show, due: '2d', onDue: 'reject' },
  };
}

/** A definition of these steps, under the policy `plain@1.0.0`. */
export function definitionOf(
  steps: Readonly<Record<string, StepDefinition>>,
  more: Partial<Definition['workflow']> = {},
  policy: Partial<Definition['policy']> = {},
): Definition {
  return {
    workflow: {
      name: 'flow',
      version: '1.0.0',
      policy: 'plain@1.0.0',
      steps: { ...steps },
      ...more,
    },
    policy: {
      name: 'plain',
      version: '1.0.0',
      classes: { reasoning: CLASS, read: CLASS, effect: CLASS },
      ...policy,
    },
    agents: [ANY_AGENT],
  };
}
