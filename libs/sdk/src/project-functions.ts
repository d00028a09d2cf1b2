import { Fault, type AgentDefinition } from '@fermata/contracts';
import type { AgentFunction } from './agent';
import { doublesIn } from './doubles';
import { agentsFile, parse, projectFile } from './load-project';
import { findModule, importFunction, type ProjectModule } from './project-module';
import type { ProjectProblem, SourceFile } from './source-file';

/** A function agent of a project, with the function of each of its capabilities, loaded. */
export interface ProjectFunctions {
  readonly agent: Extract<AgentDefinition, { kind: 'function' }>;
  readonly capabilities: ReadonlyMap<string, LoadedFunction>;
}

/** A function of a project's module, and the file it was loaded from. */
export interface LoadedFunction {
  readonly module: ProjectModule;
  readonly export: string;
  readonly perform: AgentFunction<never, unknown>;
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
    if (agent.kind !== 'function' || !isWanted(agent.name)) continue;
    agents.push({ agent, capabilities: await functionsOf(dir, agent, source, path, problems) });
  }
  return { agents, problems };
}

async function functionsOf(
  dir: string,
  agent: ProjectFunctions['agent'],
  source: SourceFile,
  path: readonly (string | number)[],
  problems: ProjectProblem[],
): Promise<ReadonlyMap<string, LoadedFunction>> {
  const capabilities = new Map<string, LoadedFunction>();
  for (const [capability, offered] of Object.entries(agent.capabilities)) {
    const name = offered.export ?? 'default';
    try {
      const module = findModule(dir, offered.module);
      const perform = await importFunction(module, name);
      capabilities.set(capability, { module, export: name, perform });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const code = error instanceof Fault ? error.code : 'DEFINITION_INVALID';
      const place = [...path, 'capabilities', capability, 'module'];
      problems.push(source.problemAt(place, code, message));
    }
  }
  return capabilities;
}
