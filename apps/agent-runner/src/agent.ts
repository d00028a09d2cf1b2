import { Fault, type ErrorCode, type Json } from '@fermata/contracts';
import type { AgentContext } from '@fermata/sdk';

export type { AgentContext };

/** Performs one capability of an agent. */
export type Perform = (input: Json, context: AgentContext) => Promise<unknown>;

/** An agent that was found, ready to perform one of its capabilities. */
export interface FoundAgent {
  /** Follows from its definition: the same agent of several workflows has its places once. */
  readonly id: string;
  /** Attempts that it is given at a time by one runner process. */
  readonly concurrencyMax: number;
  readonly perform: Perform;
}

/** An agent's no: its own code, and whether the same attempt may succeed later. */
export class AgentFailure extends Error {
  override readonly name = 'AgentFailure';
  /** Whole milliseconds that the agent asks us to wait, at most a day. */
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: string,
    message: string,
    readonly retryable: boolean,
    retryAfterMs?: number,
  ) {
    super(message);
    const isWait = retryAfterMs !== undefined && retryAfterMs >= 0;
    this.retryAfterMs = isWait ? Math.min(Math.ceil(retryAfterMs), DAY_MS) : undefined;
  }
}

const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;
/** The longest wait that a command may carry. */
const DAY_MS = 86_400_000;

/** What an error that an agent threw says: its `code` and `retryable`, if it has them. */
export function failureOf(error: unknown): AgentFailure {
  if (error instanceof AgentFailure) return error;
  if (error instanceof Fault) return new AgentFailure(error.code, error.message, error.retryable);
  const message = error instanceof Error ? error.message : String(error);
  const said: { code?: unknown; retryable?: unknown; retryAfterMs?: unknown } =
    typeof error === 'object' && error !== null ? error : {};
  const fallback: ErrorCode = 'AGENT_FAILED';
  const code = typeof said.code === 'string' && CODE.test(said.code) ? said.code : fallback;
  const retryable = typeof said.retryable === 'boolean' ? said.retryable : true;
  const waitMs = typeof said.retryAfterMs === 'number' ? said.retryAfterMs : undefined;
  return new AgentFailure(code, message, retryable, waitMs);
}
