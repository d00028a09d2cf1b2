import type { AgentAs, AgentDefinition, Definition, StepDefinition } from '@fermata/contracts';
import { checkDefinition } from '../check/check-definition';
import { invariant } from '../invariant';
import { compileDefinition } from './compile';
import type { Graph } from './graph';
import type { Scope } from './scope';
import type { Problem } from './problem';

export const CLASS: Definition['policy']['classes']['read'] = {
  attemptsMax: 3,
  backoff: { initial: '1s', factor: 2, max: '1m' },
  timeout: '30s',
};

/** An agent that promises nothing, with one capability of each risk. */
export const DESK: AgentAs<'function'> = {
  name: 'desk',
  version: '1.0.0',
  kind: 'function',
  capabilities: {
    think: { module: './think.ts', risk: 'reasoning' },
    look: { module: './look.ts', risk: 'read' },
    act: { module: './act.ts', risk: 'effect' },
  },
};

/** A step that some agent performs by looking. */
export function look(needs: readonly string[] = [], more: StepDefinition = {}): StepDefinition {
  return { capability: 'look', needs: [...needs], ...more };
}

/** A definition of these steps, with parts of it replaced. */
export function definitionOf(
  steps: Readonly<Record<string, StepDefinition>>,
  more: {
    readonly workflow?: Partial<Definition['workflow']>;
    readonly policy?: Partial<Definition['policy']>;
    readonly agents?: readonly AgentDefinition[];
  } = {},
): Definition {
  const { workflow, policy, agents = [DESK] } = more;
  return {
    workflow: { name: 'flow', version: '1.0.0', policy: 'plain@1.0.0', steps, ...workflow },
    policy: {
      name: 'plain',
      version: '1.0.0',
      classes: { reasoning: CLASS, read: CLASS, effect: CLASS },
      ...policy,
    },
    agents: [...agents],
  };
}

/** The graph of a definition that is right. */
export function graphOf(...given: Parameters<typeof definitionOf>): Graph {
  const compiled = compileDefinition(definitionOf(...given));
  invariant(compiled.ok, 'this definition is right');
  return compiled.graph;
}

/** What is wrong with a definition. */
export function problemsOf(...given: Parameters<typeof definitionOf>): readonly Problem[] {
  return checkDefinition(definitionOf(...given)).problems;
}

/** What expressions may read of a run whose steps gave these outputs. */
export function scopeOf(
  input: Scope['run']['input'],
  outputs: readonly Scope['run']['input'][],
): Scope {
  return {
    run: { id: 'run-1', tenant: 'acme', requester: 'user:asha', input },
    step: (index) => {
      const output = outputs[index];
      return { status: output === undefined ? 'pending' : 'completed', output };
    },
  };
}
