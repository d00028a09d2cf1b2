import { attemptId, canonicalJson, LIMITS, murmur2 } from '@fermata/contracts';
import { sha256Hex } from '../digest';
import type { StepAs } from '../graph/graph';
import { consult } from '../policy/consult';
import { failStep, idempotencyKey, openGate, startAndGoOn } from './advance';
import { emit, orNull, scopeOf, stateOf, type Draft } from './draft';
import { attemptAt, type Failure } from '../steps/kind';

/** Waits after a second loss in a row: the last of them lasts longer than runners take to start. */
const LOSS_BACKOFF = { initialMs: 1_000, factor: 2, maxMs: 60_000 };

/**
 * Closes an attempt that failed and says what comes next: another attempt after its backoff, an
 * end, or, for an effect whose tool can't be asked twice, a person.
 */
export function failAttempt(draft: Draft, step: StepAs<'agent'>, failure: Failure): void {
  if (failure.intended && step.work.risk === 'effect' && !step.work.idempotent) {
    askAboutEffect(draft, step, failure);
    return;
  }
  const state = stateOf(draft, step);
  const attempt = state.attempt;
  const { code, message, lost, released } = failure;
  const killing = lost && released === undefined && state.losses + 1 >= LIMITS.lossesMax;
  const spent = killing || (!lost && state.failures + 1 >= step.work.attemptsMax);
  const { policy } = draft.context.graph;
  const retryAt = spent ? null : draft.context.at + waitMs(draft, step, failure);
  const failed = { step: step.id, attempt, code, message, retryAt, lost, policy };
  emit(draft, 'AttemptFailed', {
    ...failed,
    ...(released === undefined ? {} : { released }),
    // How many runners may be lost at a step is no policy's to say.
    ...(lost ? {} : { rule: step.work.attemptsRule }),
  });
  if (killing) failStep(draft, step, 'ATTEMPT_KILLS_RUNNERS', whyKilling(step));
  else if (spent) failStep(draft, step, code, message);
  else if (retryAt === draft.context.at && draft.run.status === 'running')
    startAndGoOn(draft, step);
}

function whyKilling(step: StepAs<'agent'>): string {
  const found = `expected ${step.id} to leave its runner alive, found ${LIMITS.lossesMax} lost at it`;
  const remedy = 'look at what the agent does with this input, and at the logs of the runners';
  return `${found} in a row; ${remedy}`;
}

/**
 * Milliseconds until the next attempt: grows with each failure, and is spread by the ids. One that
 * lost its runner is tried again at once, and after a second loss later and later: whatever ends
 * runners then stands alone in time, and what merely ran beside it comes to its end.
 */
function waitMs(draft: Draft, step: StepAs<'agent'>, failure: Failure): number {
  const { failures, losses, attempt } = stateOf(draft, step);
  if (failure.released || (failure.lost && losses === 0)) return 0;
  const { initialMs, factor, maxMs } = failure.lost ? LOSS_BACKOFF : step.work.backoff;
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
function askAboutEffect(draft: Draft, step: StepAs<'agent'>, failure: Failure): void {
  const state = stateOf(draft, step);
  const { attempt, approved } = state;
  const key = idempotencyKey(draft, step);
  const found = { code: failure.code, message: failure.message };
  const evaluated = step.work.input(scopeOf(draft));
  const input = orNull(approved ?? (evaluated.ok ? evaluated.value : undefined));
  const shown = { step: step.id, attempt, idempotencyKey: key, found, input };
  const digest = attemptAt(state)?.intent?.digest ?? sha256Hex(canonicalJson(shown));
  const asked = consult(step.work.policy, 'approvers', { cause: 'doubt' });
  openGate(draft, step, {
    cause: 'doubt',
    title: `Did the effect of ${step.id} happen? Its outcome is unknown`,
    shown,
    editable: null,
    asked: asked.outcome,
    rule: asked.rule,
    effect: { key, digest, attempt },
  });
}
