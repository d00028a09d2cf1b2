import { z } from 'zod';
import { LIMITS } from './limits';

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

const SEGMENT = String.raw`[A-Za-z][A-Za-z0-9_]{0,63}`;
const BODY = String.raw`${SEGMENT}(?:\[(?:0|[1-9][0-9]{0,5})\])?/`;
const STEP_PATH = new RegExp(`^(?:${BODY}){0,${LIMITS.bodyDepthMax}}${SEGMENT}$`);

/**
 * Which run of a step is meant: the bodies that it stands in, each with the number of its item or
 * iteration, then the step, such as `charge` or `each_order[2]/fix[3]/test`. A step outside any
 * body has its id as its path.
 */
export const stepPath = z
  .string()
  .max(LIMITS.stepPathCharsMax)
  .regex(STEP_PATH, 'expected a step path such as charge or each_order[2]/charge')
  .brand<'StepPath'>();
/** Which run of a step is meant. */
export type StepPath = z.infer<typeof stepPath>;

/** A body that a step stands in; `index` is null for one that runs once. */
export interface BodyPlace {
  readonly id: string;
  readonly index: number | null;
}

/** The path of a step with this id inside these bodies, the outermost first. */
export function pathOf(id: string, bodies: readonly BodyPlace[] = []): StepPath {
  const outer = bodies.map((body) => `${body.id}${body.index === null ? '' : `[${body.index}]`}/`);
  return stepPath.parse(`${outer.join('')}${id}`);
}

/** What a step path says: the step's id, and the bodies that it stands in, the outermost first. */
export function partsOf(path: StepPath): { readonly id: string; readonly bodies: BodyPlace[] } {
  const segments = path.split('/');
  const id = segments.pop() ?? '';
  const bodies = segments.map((segment) => {
    const [, body = '', index] = /^(\w+)(?:\[(\d+)\])?$/.exec(segment) ?? [];
    return { id: body, index: index === undefined ? null : Number(index) };
  });
  return { id, bodies };
}

/** Order of step paths: by ids from the outside in, and runs of one body by their numbers. */
export function comparePaths(one: StepPath, other: StepPath): number {
  const [a, b] = [partsOf(one), partsOf(other)];
  for (const [at, left] of a.bodies.entries()) {
    const right = b.bodies[at];
    if (right === undefined) break;
    const order = compareText(left.id, right.id) || (left.index ?? -1) - (right.index ?? -1);
    if (order !== 0) return order;
  }
  return a.bodies.length - b.bodies.length || compareText(a.id, b.id);
}

function compareText(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

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
export function attemptId(run: string, step: StepPath, attempt: number): string {
  return `${run}/${step}/${attempt}`;
}

/** The id of the n-th gate of a step. */
export function gateId(run: string, step: StepPath, ordinal: number): string {
  return `${run}/${step}/gate-${ordinal}`;
}

/** What an attempt's id says. */
export interface AttemptPlace {
  readonly run: string;
  readonly step: StepPath;
  readonly attempt: number;
}

/** What an attempt's id says; null when it is none. */
export function attemptPlace(id: string): AttemptPlace | null {
  const [, run, path, attempt] = /^([^/]+)\/(.+)\/([1-9][0-9]{0,8})$/.exec(id) ?? [];
  const step = stepPath.safeParse(path);
  if (!runId.safeParse(run).success || !step.success) return null;
  return { run: run ?? '', step: step.data, attempt: Number(attempt) };
}

/** What a gate's id says. */
export interface GatePlace {
  readonly run: string;
  readonly step: StepPath;
  /** Its number among the gates of the step, from 1. */
  readonly ordinal: number;
}

/** What a gate's id says; null when it is none. */
export function gatePlace(gate: string): GatePlace | null {
  const [, run, path, ordinal] = /^([^/]+)\/(.+)\/gate-([1-9][0-9]{0,8})$/.exec(gate) ?? [];
  const step = stepPath.safeParse(path);
  if (!runId.safeParse(run).success || !step.success) return null;
  return { run: run ?? '', step: step.data, ordinal: Number(ordinal) };
}
