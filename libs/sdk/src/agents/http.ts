import type { AgentAs } from '@fermata/contracts';
import { whyNotCallable } from '../allowed-host';
import type { ProjectAgentKind } from './kind';

/** Agents that answer HTTP. */
export const httpAgents: ProjectAgentKind<AgentAs<'http'>> = {
  /** Puts the environment's values into its url. */
  prepare(agent, { env, allowedHosts, source, path, problems }) {
    const url = agent.url.replaceAll(/\$\{([A-Z][A-Z0-9_]*)\}/g, (whole, name: string) => {
      const value = env[name];
      if (value !== undefined && value !== '') return value;
      const message = `expected the environment variable ${name}, found none; set it`;
      problems.push(source.problemAt([...path, 'url'], 'CONFIG_INVALID', message));
      return whole;
    });
    const isUrl = allowedHosts !== undefined && URL.canParse(url);
    const why = isUrl ? whyNotCallable(url, allowedHosts) : null;
    if (why !== null) {
      problems.push(source.problemAt([...path, 'url'], 'AGENT_ADDRESS_REFUSED', why));
    }
    return { ...agent, url };
  },
  addressesOf: ({ url, capabilities }) =>
    Object.values(capabilities).map(({ path }) => `${url}${path ?? ''}`),
  code: null,
};
