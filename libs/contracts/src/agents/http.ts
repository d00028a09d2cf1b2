import { z } from 'zod';
import { name, version } from '../ids';
import type { AgentMistake } from './kind';
import { agentFields, capabilityFields } from './parts';

const schema = z.strictObject({
  name,
  version,
  kind: z.literal('http'),
  ...agentFields,
  url: z.string().min(1).max(2_000),
  capabilities: z.record(
    name,
    z.strictObject({ path: z.string().startsWith('/').optional(), ...capabilityFields }),
  ),
});

/**
 * An address that can be called at all: `localhost:8080` reads like the scheme
 * `localhost`. What begins with a variable that nobody set is told as that.
 */
const HTTP_URL = /^(?:https?:\/\/[^\s/?#]+|\$\{)/i;

function mistakeIn({ url }: z.infer<typeof schema>): AgentMistake | null {
  if (HTTP_URL.test(url)) return null;
  const found = `expected a url that begins with http:// or https://, found "${url}"`;
  return { field: 'url', message: `${found}; write the scheme` };
}

/** An agent that answers HTTP POST requests. */
export const httpAgent = { schema, mistakeIn } as const;
