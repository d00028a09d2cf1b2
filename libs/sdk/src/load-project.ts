import { join } from 'node:path';
import {
  agentDefinition,
  policyDefinition,
  workflowDefinition,
  type AgentDefinition,
} from '@fermata/contracts';
import { z } from 'zod';
import { whyNotCallable, type AllowedHost } from './allowed-host';
import { assemble, type Found, type ProjectWorkflow } from './assemble-workflow';
import { doublesIn } from './doubles';
import { findModule } from './project-module';
import { issuesOf } from './schema-issues';
import { SourceFile, type Parsed, type ProjectProblem } from './source-file';

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

/** What is known of where a project will run; what is not known is not checked. */
export interface Surroundings {
  /** Groups in which somebody is. */
  readonly groups?: ReadonlySet<string> | undefined;
  /** Where http agents may be called beyond public https. */
  readonly allowedHosts?: readonly AllowedHost[] | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

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
      findModules(dir, agent, index, source, problems);
      return {
        agent: withUrl(agent, index, source, { env, allowedHosts }, problems),
        source,
        index,
      };
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
  { env, allowedHosts }: Surroundings & { readonly env: Env },
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
  const isUrl = allowedHosts !== undefined && URL.canParse(url);
  const why = isUrl ? whyNotCallable(url, allowedHosts) : null;
  if (why !== null) {
    problems.push(source.problemAt(['agents', index, 'url'], 'AGENT_ADDRESS_REFUSED', why));
  }
  return { ...agent, url };
}
