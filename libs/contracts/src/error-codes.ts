/** Why a command was refused, the closed list of reasons. */
export const REJECTION_KINDS = [
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'ALREADY_DONE',
  'INVALID_STATE',
  'FORBIDDEN',
  'LIMIT_EXCEEDED',
  'UNAVAILABLE',
] as const;
/** Why a command was refused. */
export type RejectionKind = (typeof REJECTION_KINDS)[number];

/**
 * Every code that Fermata may answer, with its kind. Each has a page in
 * `docs/reference/errors/<CODE>.md`; a check holds the two lists equal.
 */
export const ERROR_CODES = {
  AGENT_ADDRESS_REFUSED: 'FORBIDDEN',
  AGENT_FAILED: 'INVALID_STATE',
  AGENT_NOT_REGISTERED: 'FORBIDDEN',
  AGENT_UNREACHABLE: 'UNAVAILABLE',
  ATTEMPT_CLOSED: 'ALREADY_DONE',
  ATTEMPT_KILLS_RUNNERS: 'INVALID_STATE',
  ATTEMPT_LOST: 'UNAVAILABLE',
  ATTEMPT_RELEASED: 'UNAVAILABLE',
  ATTEMPT_TIMED_OUT: 'UNAVAILABLE',
  COMMAND_CONFLICT: 'ALREADY_DONE',
  COMMAND_EXPIRED: 'INVALID_STATE',
  COMMAND_MALFORMED: 'INVALID_ARGUMENT',
  COMMAND_UNDECIDABLE: 'INVALID_STATE',
  COMPARISON_IMPOSSIBLE: 'INVALID_ARGUMENT',
  CONDITION_CONSTANT: 'INVALID_ARGUMENT',
  CONFIG_INVALID: 'INVALID_ARGUMENT',
  CONTRACT_INCOMPATIBLE: 'INVALID_ARGUMENT',
  CONTRACT_VIOLATED: 'INVALID_ARGUMENT',
  DECISION_INVALID: 'INVALID_ARGUMENT',
  DECISION_TOO_LATE: 'INVALID_STATE',
  DEFINITION_CONFLICT: 'ALREADY_DONE',
  DEFINITION_INVALID: 'INVALID_ARGUMENT',
  DEFINITION_UNKNOWN: 'UNAVAILABLE',
  EVENT_UNKNOWN: 'INVALID_STATE',
  EXPRESSION_FAILED: 'INVALID_STATE',
  EXPRESSION_INVALID: 'INVALID_ARGUMENT',
  FIELD_MAY_BE_ABSENT: 'INVALID_ARGUMENT',
  GATE_AVOIDABLE: 'INVALID_ARGUMENT',
  GATE_CLOSED: 'ALREADY_DONE',
  GATE_EXPIRED: 'INVALID_STATE',
  GATE_REJECTED: 'INVALID_STATE',
  GRAPH_CYCLE: 'INVALID_ARGUMENT',
  GROUP_EMPTY: 'INVALID_ARGUMENT',
  INPUT_INVALID: 'INVALID_ARGUMENT',
  JSON_FORBIDDEN_KEY: 'INVALID_ARGUMENT',
  JSON_MALFORMED: 'INVALID_ARGUMENT',
  JSON_NUMBER_INEXACT: 'INVALID_ARGUMENT',
  JSON_TOO_DEEP: 'LIMIT_EXCEEDED',
  LIMIT_EXCEEDED: 'LIMIT_EXCEEDED',
  LOG_TRUNCATED: 'INVALID_STATE',
  LOG_UNAVAILABLE: 'UNAVAILABLE',
  NOT_AN_APPROVER: 'FORBIDDEN',
  NOT_FOUND: 'NOT_FOUND',
  OVERLOADED: 'UNAVAILABLE',
  PAYLOAD_TOO_LARGE: 'LIMIT_EXCEEDED',
  PERMISSION_DENIED: 'FORBIDDEN',
  RUN_ENDED: 'ALREADY_DONE',
  RUN_EXISTS: 'ALREADY_DONE',
  RUN_NOT_PAUSED: 'INVALID_STATE',
  RUN_PAUSED: 'INVALID_STATE',
  RUN_QUARANTINED: 'INVALID_STATE',
  RUN_TIMED_OUT: 'UNAVAILABLE',
  SELF_APPROVAL: 'FORBIDDEN',
  STEP_MAY_BE_SKIPPED: 'INVALID_ARGUMENT',
  STEP_UNKNOWN: 'INVALID_ARGUMENT',
  TOKEN_INVALID: 'FORBIDDEN',
} as const satisfies Record<string, RejectionKind>;
/** A code that Fermata may answer. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** A recorded no: what was expected, what was found, and what to do, under a stable code. */
export interface Rejection {
  readonly kind: RejectionKind;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Builds a rejection; its kind follows from its code. */
export function rejection(code: ErrorCode, message: string): Rejection {
  return { kind: ERROR_CODES[code], code, message };
}

/**
 * Trouble at an edge: thrown where input enters or the world fails, never inside the core.
 * `retryable` says whether the same call may succeed later.
 */
export class Fault extends Error {
  override readonly name = 'Fault';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly retryable: boolean = false,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }

  /** Kind of this fault's code. */
  get kind(): RejectionKind {
    return ERROR_CODES[this.code];
  }
}
