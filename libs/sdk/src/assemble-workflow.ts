import type {
  AgentDefinition,
  Definition,
  PolicyDefinition,
  StepDefinition,
  WorkflowDefinition,
} from '@fermata/contracts';
import { checkDefinition, emptyGroups, nearest, type Graph, type Problem } from '@fermata/core';
import type { Parsed, ProjectProblem, SourceFile } from './source-file';

/** A workflow of a project, ready to be deployed. */
export interface ProjectWorkflow {
  readonly definition: Definition;
  readonly graph: Graph;
  readonly file: string;
}

/** An agent of a project, and where it stands. */
export interface PlacedAgent {
  readonly agent: AgentDefinition;
  readonly source: SourceFile;
  readonly index: number;
}

/** Takes what is wrong, and what is allowed but may not be meant. */
export interface Found {
  readonly problems: ProjectProblem[];
  readonly warnings: ProjectProblem[];
}

/** What a project's workflows are put together from. */
export interface Parts {
  readonly policies: readonly Parsed<PolicyDefinition>[];
  readonly agents: readonly PlacedAgent[];
  /** Groups in which somebody is, if that is known. */
  readonly groups?: ReadonlySet<string> | undefined;
}

/** Puts a workflow together with its policy and its agents, and checks the whole. */
export function assemble(
  { source, value: workflow }: Parsed<WorkflowDefinition>,
  { policies, agents, groups }: Parts,
  found: Found,
): ProjectWorkflow | null {
  const policy = policies.find(({ value }) => `${value.name}@${value.version}` === workflow.policy);
  if (policy === undefined) {
    const known = policies.map(({ value }) => `${value.name}@${value.version}`);
    const meant = `did you mean ${nearest(workflow.policy, known)}?`;
    const message = `expected a policy of this project, found "${workflow.policy}"; ${meant}`;
    found.problems.push(source.problemAt(['policy'], 'DEFINITION_INVALID', message));
    return null;
  }
  const used = agentsFor(workflow, agents);
  const definition: Definition = {
    workflow,
    policy: policy.value,
    agents: used.map(({ agent }) => agent),
  };
  const { graph, problems } = checkDefinition(definition);
  const empty = groups === undefined ? [] : emptyGroups(definition, groups);
  for (const problem of [...problems, ...empty]) {
    const placed = place(problem, { workflow: source, policy: policy.source, agents: used });
    (problem.severity === 'error' ? found.problems : found.warnings).push(placed);
  }
  return graph && { definition, graph, file: source.file };
}

/** A problem of a definition where its author finds it: each part stands in a file of its own. */
function place(
  { path, code, message, offset }: Problem,
  {
    workflow,
    policy,
    agents,
  }: {
    readonly workflow: SourceFile;
    readonly policy: SourceFile;
    readonly agents: readonly PlacedAgent[];
  },
): ProjectProblem {
  const [root, ...rest] = path;
  if (root === 'policy') return policy.problemAt(rest, code, message, offset);
  const [index, ...inside] = rest;
  const placed = root === 'agents' && typeof index === 'number' ? agents[index] : undefined;
  if (placed === undefined) return workflow.problemAt(rest, code, message, offset);
  return placed.source.problemAt(['agents', placed.index, ...inside], code, message, offset);
}

/**
 * Agents that a step names, or that offer a capability which a step leaves open. When a step finds
 * nobody, all of them, so that the message can say whom there is.
 */
function agentsFor(
  { steps }: WorkflowDefinition,
  agents: readonly PlacedAgent[],
): readonly PlacedAgent[] {
  const perStep = Object.values(steps)
    .filter(({ gate }) => gate === undefined)
    .map((step) => agents.filter(({ agent }) => mayPerform(agent, step)));
  if (perStep.some((found) => found.length === 0)) return agents;
  return agents.filter((agent) => perStep.some((found) => found.includes(agent)));
}

function mayPerform(agent: AgentDefinition, { agent: named, capability }: StepDefinition): boolean {
  if (named !== undefined) return named === agent.name;
  return capability !== undefined && Object.hasOwn(agent.capabilities, capability);
}
