/**
 * What an agent is told of the attempt that it performs.
 */
export interface AgentContext {
  readonly tenant: string;
  readonly run: string;
  readonly step: string;
  /** `id` is unique for the attempt; `number` counts from 1. */
  readonly attempt: { readonly id: string; readonly number: number };
  /** SHA-256 in hex, the same on every attempt of the step: a tool that honours it acts once. */
  readonly idempotencyKey: string;
  /** Aborted when the attempt is closed: by its deadline, by a cancel, or by another result. */
  readonly signal: AbortSignal;
  /** When the attempt is given up, in milliseconds since the Unix epoch. */
  readonly deadlineAt: number;
  /** W3C trace context to pass on, if the run is traced. */
  readonly traceparent: string | undefined;
  /** Says that the agent still works; the runner does so by itself too. */
  heartbeat(): void;
}

/** A function that performs one capability: input in, output out, both JSON. */
export type AgentFunction<Input, Output> = (input: Input, context: AgentContext) => Promise<Output>;

/**
 * Types a function as an agent's capability; it changes nothing at run time.
 *
 * @example export const parse = defineAgent(async (input: { path: string }) => ({ pages: 3 }));
 */
export function defineAgent<Input, Output>(
  perform: AgentFunction<Input, Output>,
): AgentFunction<Input, Output> {
  return perform;
}

/**
 * Thrown by an agent: a stable code in capitals, what was expected and found, and whether another
 * attempt may succeed. An error without these counts as AGENT_FAILED and is retried.
 */
export class AgentError extends Error {
  override readonly name = 'AgentError';

  constructor(
    readonly code: string,
    message: string,
    readonly retryable: boolean,
    /** Milliseconds to wait before the next attempt, at least. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}
