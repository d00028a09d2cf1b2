import { mistakeInAgent, type Definition } from '@fermata/contracts';
import { complain, type Report } from './problem';

/** Reports what is wrong with a definition's agents themselves, whoever calls them. */
export function checkAgents({ agents }: Definition, report: Report): void {
  const known = new Map<string, string>();
  for (const [index, agent] of agents.entries()) {
    const before = known.get(agent.name);
    known.set(agent.name, agent.version);
    if (before !== undefined) {
      // An attempt finds its agent by name.
      const found = `expected one agent "${agent.name}", found 2: ${before}, ${agent.version}`;
      const message = `${found}; rename or remove one`;
      complain(report, 'DEFINITION_INVALID', ['agents', index, 'name'], message);
    }
    const mistake = mistakeInAgent(agent);
    if (mistake !== null) {
      const path = ['agents', index, mistake.field];
      complain(report, 'DEFINITION_INVALID', path, mistake.message);
    }
  }
}
