import type { Definition } from '@fermata/contracts';
import { complain, type Report } from './problem';

/**
 * An address that can be called at all: `localhost:8080` reads like the scheme
 * `localhost`. What begins with a variable that nobody set is told as that. */
const HTTP_URL = /^(?:https?:\/\/[^\s/?#]+|\$\{)/i;

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
    if (agent.kind === 'http' && !HTTP_URL.test(agent.url)) {
      const found = `expected a url that begins with http:// or https://, found "${agent.url}"`;
      const path = ['agents', index, 'url'];
      complain(report, 'DEFINITION_INVALID', path, `${found}; write the scheme`);
    }
  }
}
