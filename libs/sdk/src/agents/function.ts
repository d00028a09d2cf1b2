import type { AgentAs } from '@fermata/contracts';
import { findModule, importFunction } from '../project-module';
import type { ProjectAgentKind } from './kind';

/** Functions of modules in the project. */
export const functionAgents: ProjectAgentKind<AgentAs<'function'>> = {
  /** A module that is not there would fail each run at its first attempt. */
  prepare(agent, { dir, source, path, problems }) {
    for (const [capability, { module }] of Object.entries(agent.capabilities)) {
      try {
        findModule(dir, module);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const place = [...path, 'capabilities', capability, 'module'];
        problems.push(source.problemAt(place, 'CONFIG_INVALID', message));
      }
    }
    return agent;
  },
  addressesOf: () => [],
  code: {
    field: 'module',
    async load(agent, capability, dir) {
      const offered = agent.capabilities[capability];
      const module = findModule(dir, offered?.module ?? '');
      const name = offered?.export ?? 'default';
      return { module, export: name, perform: await importFunction(module, name) };
    },
  },
};
