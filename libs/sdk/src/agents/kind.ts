import type { AgentDefinition } from '@fermata/contracts';
import type { LoadedFunction } from '../project-module';
import type { ProjectProblem, SourceFile } from '../source-file';
import type { Env, Surroundings } from '../surroundings';

/** Where an agent stands in a project, and what is known of where it will run. */
export interface AgentSite extends Surroundings {
  readonly dir: string;
  readonly env: Env;
  readonly source: SourceFile;
  /** Place of the agent in its file. */
  readonly path: readonly (string | number)[];
  /** Takes what is wrong. */
  readonly problems: ProjectProblem[];
}

/** What a project, its author and the edge must know of a kind of agent before a run. */
export interface ProjectAgentKind<A extends AgentDefinition> {
  /** Checks what its files lead to, and gives the agent as the environment completes it. */
  prepare(agent: A, site: AgentSite): A;
  /** Addresses that it is called at: an operator allows or refuses them. */
  addressesOf(agent: A): readonly string[];
  /**
   * Where the code of its capabilities is, if it stands in the project: then it is an operator's to
   * load, a definition may only name what a runner registered, and a step can be tested alone.
   */
  readonly code: ProjectCode<A> | null;
}

/** Code of a kind of agent that stands in the project. */
export interface ProjectCode<A extends AgentDefinition> {
  /** The field of a capability that names it. */
  readonly field: string;
  /** Loads a capability. Runs the code of its module. */
  load(agent: A, capability: string, dir: string): Promise<LoadedFunction>;
}
