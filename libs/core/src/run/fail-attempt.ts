import { attemptId, canonicalJson, LIMITS, murmur2, rfc3339 } from '@fermata/contracts';
import { sha256Hex } from '../digest';
import type { GraphStep } from '../graph/graph';
import { failStep, idempotencyKey, openGate, start } from './advance';
import { emit, orNull, scopeOf, stateOf, type Draft } from './draft';
import { attemptAt, type OpenAttempt } from '../steps/kind';

/** Waits after a second loss in a row: the last of them lasts longer than runners take to start. */
const LOSS_BACKOFF = { initialMs: 1_000, factor: 2, maxMs: 60_000 };

/** What went wrong with an attempt. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** The runner was lost: such a failure does not use up a try. */
  readonly lost: boolean;
  /** It stopped and gave the attempt back: nothing broke, and nothing is counted. */
  readonly released?: true;
  /** Milliseconds that the agent asked us to wait. */
  readonly waitMs?: number;
  /** The effect of a call may have happened. */
  readonly intended?: boolean;
}

/**
 * Closes an attempt that failed and says what comes next: another attempt after its backoff, an
 * end, or, for an effect whose tool can't be asked twice, a person.
 */
export function failAttempt(draft: Draft, step: GraphStep, failure: Failure): void {
  if (failure.intended && step.risk === 'effect' && !step.idempotent) {
    askAboutEffect(draft, step, failure);
    return;
  }
  const state = stateOf(draft, step);
  const attempt = state.attempt;
  const { code, message, lost, released } = failure;
  const killing = lost && released === undefined && state.losses + 1 >= LIMITS.lossesMax;
  const spent = killing || (!lost && state.failures + 1 >= step.attemptsMax);
  const { policy } = draft.context.graph;
  const retryAt = spent ? null : draft.context.at + waitMs(draft, step, failure);
  const failed = { step: step.id, attempt, code, message, retryAt, lost, policy };
  emit(draft, 'AttemptFailed', released === undefined ? failed : { ...failed, released });
  if (killing) failStep(draft, step, 'ATTEMPT_KILLS_RUNNERS', whyKilling(step));
  else if (spent) failStep(draft, step, code, message);
  else if (retryAt === draft.context.at && draft.run.status === 'running') start(draft, step);
}

/** The attempt of a step ended too late, by the word of whoever held it, or with nobody at it. */
export function timeOutAttempt(draft: Draft, step: GraphStep, open: OpenAttempt): void {
  const { claim, deadlineAt, intent } = open;
  const who = claim === null ? 'an agent' : 'its runner';
  const by = rfc3339(deadlineAt);
  const message = `expected a result of ${step.id} from ${who} by ${by}, its deadline`;
  const intended = intent !== null;
  const found = `${message}, found none`;
  failAttempt(draft, step, { code: 'ATTEMPT_TIMED_OUT', message: found, lost: false, intended });
}

/** Nothing was heard of the runner that held an attempt until its lease had ended. */
export function loseAttempt(draft: Draft, step: GraphStep, open: OpenAttempt): void {
  const by = rfc3339(open.claim?.leaseUntil ?? open.deadlineAt);
  const message = `expected a sign of life from the runner of ${step.id} by ${by}, found none`;
  const intended = open.intent !== null;
  failAttempt(draft, step, { code: 'ATTEMPT_LOST', message, lost: true, intended });
}

function whyKilling(step: GraphStep): string {
  const found = `expected ${step.id} to leave its runner alive, found ${LIMITS.lossesMax} lost at it`;
  const remedy = 'look at what the agent does with this input, and at the logs of the runners';
  return `${found} in a row; ${remedy}`;
}

/**
 * Milliseconds until the next attempt: grows with each failure, and is spread by the ids. One that
 * lost its runner is tried again at once, and after a second loss later and later: whatever ends
 * runners then stands alone in time, and what merely ran beside it comes to its end.
 */
function waitMs(draft: Draft, step: GraphStep, failure: Failure): number {
  const { failures, losses, attempt } = stateOf(draft, step);
  if (failure.released || (failure.lost && losses === 0)) return 0;
  const { initialMs, factor, maxMs } = failure.lost ? LOSS_BACKOFF : step.backoff;
  const grown = Math.min(maxMs, initialMs * factor ** (failure.lost ? losses - 1 : failures));
  const chance = fraction(attemptId(draft.run.run, step.id, attempt));
  const jitter = failure.lost ? chance : 0.5 + chance / 2;
  return Math.max(Math.round(grown * jitter), failure.waitMs ?? 0);
}

/** A number from 0 to 1 that an id gives: chance without a die (rule R4). */
function fraction(id: string): number {
  const bytes = new Uint8Array(id.length);
  for (let at = 0; at < id.length; at++) bytes[at] = id.charCodeAt(at) & 0xff;
  return (murmur2(bytes) >>> 0) / 0xffffffff;
}

/** An effect may or may not have happened: a person is asked, it is never blindly repeated. */
function askAboutEffect(draft: Draft, step: GraphStep, failure: Failure): void {
  const state = stateOf(draft, step);
  const { attempt, approved } = state;
  const key = idempotencyKey(draft, step);
  const found = { code: failure.code, message: failure.message };
  const evaluated = step.input(scopeOf(draft));
  const input = orNull(approved ?? (evaluated.ok ? evaluated.value : undefined));
  const shown = { step: step.id, attempt, idempotencyKey: key, found, input };
  const digest = attemptAt(state)?.intent?.digest ?? sha256Hex(canonicalJson(shown));
  openGate(draft, step, {
    cause: 'doubt',
    title: `Did the effect of ${step.id} happen? Its outcome is unknown`,
    shown,
    effect: { key, digest, attempt },
  });
}
