import { z } from 'zod';
import { LIMITS } from '../limits';
import { jsonSchema } from '../steps/parts';

/** What an agent of any kind says of itself, after its name, version and kind. */
export const agentFields = {
  description: z.string().max(1_000).optional(),
  tier: z.int().min(1).max(9).optional(),
  /**
   * Attempts that this agent performs at a time in one runner process; what is beyond waits there.
   * Without it the default of the limits holds.
   */
  concurrencyMax: z.int().min(1).max(LIMITS.agentConcurrencyMax).optional(),
};

/** What an agent of any kind says of a capability. */
export const capabilityFields = {
  risk: z.enum(['reasoning', 'read', 'effect']),
  input: jsonSchema.optional(),
  output: jsonSchema.optional(),
  idempotent: z.boolean().optional(),
};
