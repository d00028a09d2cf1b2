import { join } from 'node:path';
import { agentDefinition, policyDefinition, workflowDefinition } from '@fermata/contracts';
import { z } from 'zod';
import { agentKindOf } from './agents/kinds';
import { assemble, type Found, type ProjectWorkflow } from './assemble-workflow';
import { doublesIn } from './doubles';
import { issuesOf } from './schema-issues';
import { SourceFile, type Parsed, type ProjectProblem } from './source-file';
import type { Env, Surroundings } from './surroundings';

/** A project as its files say it: its workflows, or what is wrong. */
export interface Project {
  readonly dir: string;
  readonly workflows: readonly ProjectWorkflow[];
  /** What refuses the project. */
  readonly problems: readonly ProjectProblem[];
  /** What is allowed, and its author may not have meant. */
  readonly warnings: readonly ProjectProblem[];
}

/** The list of a project's files. */
export const projectFile = z.strictObject({
  workflows: z.array(z.string()).min(1),
  policies: z.array(z.string()).min(1),
  agents: z.array(z.string()).min(1),
});

/** A file of agents. */
export const agentsFile = z.strictObject({ agents: z.array(agentDefinition) });

/**
 * Reads a project: `fermata.yaml` in its folder, and the workflows, policies and agents that it
 * lists. `${NAME}` in an agent's url is taken from `env`. Never throws for what an author wrote:
 * everything wrong is in `problems`, each with file, line and column.
 */
export function loadProject(
  dir: string,
  env: Env,
  { groups, allowedHosts }: Surroundings = {},
): Project {
  const found: Found = { problems: [], warnings: [] };
  const { problems } = found;
  const root = parse(dir, 'fermata.yaml', projectFile, problems);
  if (root === null) return { dir, workflows: [], ...found };
  const read = <T>(files: readonly string[], schema: z.ZodType<T>): Parsed<T>[] =>
    files.flatMap((file) => parse(dir, file, schema, problems) ?? []);
  const policies = read(root.value.policies, policyDefinition);
  const agentFiles = read(root.value.agents, agentsFile);
  const agents = agentFiles.flatMap(({ source, value }) =>
    value.agents.map((agent, index) => {
      const site = { dir, env, allowedHosts, source, path: ['agents', index], problems };
      return { agent: agentKindOf(agent).prepare(agent, site), source, index };
    }),
  );
  const workflowFiles = read(root.value.workflows, workflowDefinition);
  const doubles = doublesIn([
    ...workflowFiles.map((one) => ({ ...one, what: 'workflow' as const, path: [] })),
    ...policies.map((one) => ({ ...one, what: 'policy' as const, path: [] })),
    ...agentFiles.flatMap(({ source, value }) =>
      value.agents.map((agent, index) => {
        return { what: 'agent' as const, source, path: ['agents', index], value: agent };
      }),
    ),
  ]);
  problems.push(...doubles);
  // What a broken file would have said is missed by each workflow: that only follows from it.
  const isWhole = agentFiles.length === root.value.agents.length && doubles.length === 0;
  const isNamed = (policy: string) =>
    policies.length === root.value.policies.length ||
    policies.some(({ value }) => `${value.name}@${value.version}` === policy);
  const workflows = workflowFiles
    .filter(({ value }) => isWhole && isNamed(value.policy))
    .flatMap((workflow) => assemble(workflow, { policies, agents, groups }, found) ?? []);
  return { dir, workflows, problems: once(problems), warnings: once(found.warnings) };
}

/** Workflows share policies and agents, and with them what is wrong there. */
function once(problems: readonly ProjectProblem[]): readonly ProjectProblem[] {
  return [...new Map(problems.map((one) => [JSON.stringify(one), one])).values()];
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
  for (const issue of issuesOf(schema, source.content, parsed.error.issues)) {
    problems.push(
      issue.atKey
        ? source.problemAtKey(issue.path, 'DEFINITION_INVALID', issue.message)
        : source.problemAt(issue.path, 'DEFINITION_INVALID', issue.message),
    );
  }
  return null;
}
