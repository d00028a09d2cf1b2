import { join } from 'node:path';
import {
  agentDefinition,
  policyDefinition,
  workflowDefinition,
  type AgentDefinition,
  type Definition,
  type PolicyDefinition,
  type StepDefinition,
  type WorkflowDefinition,
} from '@fermata/contracts';
import { compileDefinition, type Graph } from '@fermata/core';
import { z } from 'zod';
import { doublesIn } from './doubles';
import { findModule } from './project-module';
import { SourceFile, type ProjectProblem } from './source-file';

/** A workflow of a project, ready to be deployed. */
export interface ProjectWorkflow {
  readonly definition: Definition;
  readonly graph: Graph;
  readonly file: string;
}

/** A project as its files say it: its workflows, or what is wrong. */
export interface Project {
  readonly dir: string;
  readonly workflows: readonly ProjectWorkflow[];
  readonly problems: readonly ProjectProblem[];
}

/** The list of a project's files. */
export const projectFile = z.strictObject({
  workflows: z.array(z.string()).min(1),
  policies: z.array(z.string()).min(1),
  agents: z.array(z.string()).min(1),
});

/** A file of agents. */
export const agentsFile = z.strictObject({ agents: z.array(agentDefinition) });

/** A file of a project, read and checked. */
export interface Parsed<T> {
  readonly source: SourceFile;
  readonly value: T;
}

/**
 * Reads a project: `fermata.yaml` in its folder, and the workflows, policies and agents that it
 * lists. `${NAME}` in an agent's url is taken from `env`. Never throws for what an author wrote:
 * everything wrong is in `problems`, each with file, line and column.
 */
export function loadProject(
  dir: string,
  env: Readonly<Record<string, string | undefined>>,
): Project {
  const problems: ProjectProblem[] = [];
  const root = parse(dir, 'fermata.yaml', projectFile, problems);
  if (root === null) return { dir, workflows: [], problems };
  const read = <T>(files: readonly string[], schema: z.ZodType<T>): Parsed<T>[] =>
    files.flatMap((file) => parse(dir, file, schema, problems) ?? []);
  const policies = read(root.value.policies, policyDefinition);
  const agentFiles = read(root.value.agents, agentsFile);
  const agents = agentFiles.flatMap(({ source, value }) =>
    value.agents.map((agent, index) => {
      findModules(dir, agent, index, source, problems);
      return withUrl(agent, index, source, env, problems);
    }),
  );
  const workflowFiles = read(root.value.workflows, workflowDefinition);
  problems.push(
    ...doublesIn([
      ...workflowFiles.map((one) => ({ ...one, what: 'workflow' as const, path: [] })),
      ...policies.map((one) => ({ ...one, what: 'policy' as const, path: [] })),
      ...agentFiles.flatMap(({ source, value }) =>
        value.agents.map((agent, index) => {
          return { what: 'agent' as const, source, path: ['agents', index], value: agent };
        }),
      ),
    ]),
  );
  const workflows = workflowFiles.flatMap(
    (workflow) => assemble(workflow, policies, agents, problems) ?? [],
  );
  return { dir, workflows, problems };
}

/** Reads and checks one file of a project; what is wrong with it goes into `problems`. */
export function parse<T>(
  dir: string,
  file: string,
  schema: z.ZodType<T>,
  problems: ProjectProblem[],
): Parsed<T> | null {
  let source: SourceFile;
  try {
    source = SourceFile.read(join(dir, file), file);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    problems.push({ file, line: 1, column: 1, code: 'CONFIG_INVALID', message });
    return null;
  }
  problems.push(...source.problems);
  if (source.problems.length > 0) return null;
  const parsed = schema.safeParse(source.content);
  if (parsed.success) return { source, value: parsed.data };
  for (const issue of parsed.error.issues) {
    const path = issue.path.map((key) => (typeof key === 'symbol' ? key.toString() : key));
    const place = path.join('.') || 'file';
    const message = `expected a valid ${place}, found: ${issue.message}; correct it`;
    problems.push(source.problemAt(path, 'DEFINITION_INVALID', message));
  }
  return null;
}

/** A module that is not there would fail each run at its first attempt. */
function findModules(
  dir: string,
  agent: AgentDefinition,
  index: number,
  source: SourceFile,
  problems: ProjectProblem[],
): void {
  if (agent.kind !== 'function') return;
  for (const [capability, { module }] of Object.entries(agent.capabilities)) {
    try {
      findModule(dir, module);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const path = ['agents', index, 'capabilities', capability, 'module'];
      problems.push(source.problemAt(path, 'CONFIG_INVALID', message));
    }
  }
}

/** Puts the environment's values into an agent's url. */
function withUrl(
  agent: AgentDefinition,
  index: number,
  source: SourceFile,
  env: Readonly<Record<string, string | undefined>>,
  problems: ProjectProblem[],
): AgentDefinition {
  if (agent.kind !== 'http') return agent;
  const url = agent.url.replaceAll(/\$\{([A-Z][A-Z0-9_]*)\}/g, (whole, name: string) => {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    const message = `expected the environment variable ${name}, found none; set it`;
    problems.push(source.problemAt(['agents', index, 'url'], 'CONFIG_INVALID', message));
    return whole;
  });
  return { ...agent, url };
}

function assemble(
  { source, value: workflow }: Parsed<WorkflowDefinition>,
  policies: readonly Parsed<PolicyDefinition>[],
  agents: readonly AgentDefinition[],
  problems: ProjectProblem[],
): ProjectWorkflow | null {
  const policy = policies.find(({ value }) => `${value.name}@${value.version}` === workflow.policy);
  if (policy === undefined) {
    const known = policies.map(({ value }) => `${value.name}@${value.version}`).join(', ');
    const message = `expected a policy of this project, found "${workflow.policy}"; known: ${known}`;
    problems.push(source.problemAt(['policy'], 'DEFINITION_INVALID', message));
    return null;
  }
  const used = agentsFor(workflow, agents);
  const definition: Definition = { workflow, policy: policy.value, agents: used };
  const compiled = compileDefinition(definition);
  if (compiled.ok) return { definition, graph: compiled.graph, file: source.file };
  for (const { path, code, message, offset } of compiled.problems) {
    const [root, ...rest] = path;
    const file = root === 'policy' ? policy.source : source;
    problems.push(file.problemAt(rest, code, message, offset));
  }
  return null;
}

/**
 * Agents that a step names, or that offer a capability which a step leaves open. When a step finds
 * nobody, all of them, so that the message can say whom there is.
 */
function agentsFor(
  { steps }: WorkflowDefinition,
  agents: readonly AgentDefinition[],
): AgentDefinition[] {
  const perStep = Object.values(steps)
    .filter(({ gate }) => gate === undefined)
    .map((step) => agents.filter((agent) => mayPerform(agent, step)));
  if (perStep.some((found) => found.length === 0)) return [...agents];
  return agents.filter((agent) => perStep.some((found) => found.includes(agent)));
}

function mayPerform(agent: AgentDefinition, { agent: named, capability }: StepDefinition): boolean {
  if (named !== undefined) return named === agent.name;
  return capability !== undefined && Object.hasOwn(agent.capabilities, capability);
}
