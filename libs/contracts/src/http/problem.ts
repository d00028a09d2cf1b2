import { z } from 'zod';

/** A problem document (RFC 9457) with Fermata's code: what any route answers when it refuses. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string().describe('One of the codes of the reference of errors, or INTERNAL'),
  detail: z.string().describe('What was expected, what was found, and what to do'),
});
/** A problem document with Fermata's code. */
export type Problem = Readonly<z.infer<typeof problem>>;
