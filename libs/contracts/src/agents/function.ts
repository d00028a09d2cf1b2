import { z } from 'zod';
import { name, version } from '../ids';
import { agentFields, capabilityFields } from './parts';

const schema = z.strictObject({
  name,
  version,
  kind: z.literal('function'),
  ...agentFields,
  capabilities: z.record(
    name,
    z.strictObject({
      module: z.string().min(1),
      export: z.string().min(1).optional(),
      ...capabilityFields,
    }),
  ),
});

/** An agent whose capabilities are functions of modules in the user's project. */
export const functionAgent = { schema, mistakeIn: () => null } as const;
