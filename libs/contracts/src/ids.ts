import { z } from 'zod';

/** A tenant: lower-case letters, digits and hyphens, 1 to 63 characters. */
export const tenantId = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'expected 1 to 63 of a-z, 0-9 and -');

/**
 * A run's key as its caller may choose it: letters, digits, `.`, `_`, `-`. A run's id is its key,
 * with `~n` from its second life on; only the key routes to a partition.
 */
export const runKey = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'expected 1 to 100 of A-Z, a-z, 0-9, . _ -');

/** A run's id: its key, and from its second life on `~n`. */
export const runId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:~[1-9][0-9]{0,8})?$/, 'expected a run id');

/** A step's name: also an identifier in expressions, hence no hyphens. */
export const stepId = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'expected a letter, then up to 63 of A-Z, a-z, 0-9, _');

/** Name of a workflow, policy, agent, capability or group. */
export const name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]{0,99}$/, 'expected a letter, then up to 99 of A-Z a-z 0-9 . _ -');

/** Version of a definition, such as `1.4.0`. */
export const version = z
  .string()
  .regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,39}$/, 'expected a version such as 1.0.0');

/** SHA-256 in lower-case hex. */
export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex');

/** Who acts: a person or a service, such as `user:asha` or `service:agent-runner`. */
export const principal = z.string().min(1).max(200);

/**
 * A principal as it is compared: case and forms of the same letter make nobody somebody else, as
 * `user:Asha` and `user:asha` are read as one person.
 */
export function foldedPrincipal(one: string): string {
  return one.normalize('NFKC').toLowerCase().normalize('NFKC');
}

/** A moment, in milliseconds since the Unix epoch. */
export const timestamp = z.number().int().nonnegative();

/** The key of a record: routes every record of a run to one partition. */
export function recordKey(tenant: string, run: string): string {
  const tilde = run.indexOf('~');
  return `${tenant}/${tilde < 0 ? run : run.slice(0, tilde)}`;
}

/** The id of one attempt: derives from run, step and number, never from chance (rule R4). */
export function attemptId(run: string, step: string, attempt: number): string {
  return `${run}/${step}/${attempt}`;
}

/** The id of the n-th gate of a step. */
export function gateId(run: string, step: string, ordinal: number): string {
  return `${run}/${step}/gate-${ordinal}`;
}
