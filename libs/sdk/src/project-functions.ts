import { Fault, type AgentDefinition } from '@fermata/contracts';
import type { AgentSite, ProjectCode } from './agents/kind';
import { agentKindOf } from './agents/kinds';
import { doublesIn } from './doubles';
import { agentsFile, parse, projectFile } from './load-project';
import type { LoadedFunction } from './project-module';
import type { ProjectProblem } from './source-file';

/** An agent whose code stands in its project, with the function of each capability, loaded. */
export interface ProjectFunctions {
  readonly agent: AgentDefinition;
  readonly capabilities: ReadonlyMap<string, LoadedFunction>;
}

/**
 * Loads the functions of a project's agents, of those that are wanted. Runs the code of their
 * modules. Everything wrong is in `problems`, each with file, line and column.
 */
export async function loadFunctions(
  dir: string,
  isWanted: (agent: string) => boolean = () => true,
): Promise<{
  readonly agents: readonly ProjectFunctions[];
  readonly problems: readonly ProjectProblem[];
}> {
  const problems: ProjectProblem[] = [];
  const root = parse(dir, 'fermata.yaml', projectFile, problems);
  const files = (root?.value.agents ?? []).flatMap(
    (file) => parse(dir, file, agentsFile, problems) ?? [],
  );
  const all = files.flatMap(({ source, value }) =>
    value.agents.map((agent, index) => ({ source, path: ['agents', index], value: agent })),
  );
  problems.push(...doublesIn(all.map((one) => ({ ...one, what: 'agent' }))));
  const agents: ProjectFunctions[] = [];
  for (const { source, path, value: agent } of all) {
    const { code } = agentKindOf(agent);
    if (code === null || !isWanted(agent.name)) continue;
    const site = { dir, source, path, problems };
    agents.push({ agent, capabilities: await functionsOf(agent, code, site) });
  }
  return { agents, problems };
}

async function functionsOf(
  agent: AgentDefinition,
  code: ProjectCode<AgentDefinition>,
  { dir, source, path, problems }: Pick<AgentSite, 'dir' | 'source' | 'path' | 'problems'>,
): Promise<ReadonlyMap<string, LoadedFunction>> {
  const capabilities = new Map<string, LoadedFunction>();
  for (const capability of Object.keys(agent.capabilities)) {
    try {
      capabilities.set(capability, await code.load(agent, capability, dir));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const why = error instanceof Fault ? error.code : 'DEFINITION_INVALID';
      const place = [...path, 'capabilities', capability, code.field];
      problems.push(source.problemAt(place, why, message));
    }
  }
  return capabilities;
}
