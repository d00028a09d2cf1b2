import { canonicalJson, gateId, murmur2, type ErrorCode, type Json } from '@fermata/contracts';
import { sha256Hex } from '../digest';
import type { GraphStep } from '../graph/graph';
import { codeOfFailure, emit, scopeOf, stateOf, type Draft } from './draft';
import { invariant } from '../invariant';
import type { Question } from '../steps/kind';
import { beginWork } from '../steps/kinds';
import { hasEnded, isFinished } from './state';

/**
 * Goes on after steps finished: reports checkpoints, starts every step whose needs are all met,
 * and ends the run after its last step. A run that is held records outcomes and starts nothing.
 */
export function advance(draft: Draft, finished: readonly GraphStep[]): void {
  const { graph } = draft.context;
  const open = [...finished];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    reportCheckpoints(draft, step);
    if (draft.run.status !== 'running') continue;
    for (const index of step.dependents) {
      const next = graph.steps[index];
      if (next === undefined || !isDue(draft, next, step.id)) continue;
      if (start(draft, next) === 'finished') open.push(next);
      if (hasEnded(draft.run)) return;
    }
  }
  completeWhenDone(draft);
}

/** Starts the steps without needs: the beginning of a run. */
export function begin(draft: Draft): void {
  const finished = draft.context.graph.steps
    .filter((step) => step.needs.length === 0)
    .filter((step) => !hasEnded(draft.run) && start(draft, step) === 'finished');
  if (!hasEnded(draft.run)) advance(draft, finished);
}

/** Starts what became ready while the run was held. */
export function catchUp(draft: Draft): void {
  const finished: GraphStep[] = [];
  for (const step of draft.context.graph.steps) {
    if (hasEnded(draft.run)) return;
    const ready = stateOf(draft, step).status === 'ready';
    if (!ready || !step.needs.every((need) => finishedAt(draft, need))) continue;
    if (start(draft, step) === 'finished') finished.push(step);
  }
  if (!hasEnded(draft.run)) advance(draft, finished);
}

/**
 * Whether a step that nothing happened to yet has all its needs met. The search starts at a place
 * that the finished need's name gives, so that a join of n steps costs about n·log n over its
 * life, in whatever order its needs finish.
 */
function isDue(draft: Draft, step: GraphStep, finished: string): boolean {
  if (stateOf(draft, step).status !== 'ready') return false;
  const count = step.needs.length;
  const from = count > 8 ? spread(finished) % count : 0;
  for (let at = 0; at < count; at++) {
    if (!finishedAt(draft, step.needs[(from + at) % count] ?? -1)) return false;
  }
  return true;
}

function spread(text: string): number {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return murmur2(bytes) >>> 1;
}

function finishedAt(draft: Draft, index: number): boolean {
  const step = draft.context.graph.steps[index];
  return step !== undefined && isFinished(draft.run, step.id);
}

/** Starts a step, and goes on when it has ended by that. */
export function startAndGoOn(draft: Draft, step: GraphStep): void {
  if (start(draft, step) === 'finished') advance(draft, [step]);
}

/** Starts a step: skips it, or has its kind say what comes first, which may be its end. */
function start(draft: Draft, step: GraphStep): 'started' | 'finished' {
  const state = stateOf(draft, step);
  const scope = scopeOf(draft);
  if (state.attempt === 0 && state.approved === undefined) {
    const wanted = step.when(scope);
    if (!wanted.ok) return failEvaluation(draft, step, wanted.message);
    if (!wanted.value) {
      emit(draft, 'StepSkipped', { step: step.id });
      return 'finished';
    }
  }
  const begun = beginWork(step.work, { id: step.id, state, scope, at: draft.context.at });
  switch (begun.then) {
    case 'perform':
      return schedule(draft, step, begun.input);
    case 'ask':
      openGate(draft, step, begun.question);
      return 'started';
    case 'wait': {
      const { dueAt, isFixed } = begun;
      emit(draft, 'WaitBegan', { step: step.id, dueAt, fixed: isFixed });
      return 'started';
    }
    case 'complete':
      emit(draft, 'StepCompleted', { step: step.id, attempt: 0, output: begun.output });
      return 'finished';
    case 'fail':
      return failEvaluation(draft, step, begun.message, begun.code);
  }
}

/** Holds a step for a person. */
export function openGate(draft: Draft, step: GraphStep, { asked, ...question }: Question): void {
  const { graph, at } = draft.context;
  emit(draft, 'GateOpened', {
    step: step.id,
    gate: gateId(draft.run.run, step.id, stateOf(draft, step).gates + 1),
    ...question,
    groups: [...asked.groups],
    shownDigest: sha256Hex(canonicalJson(question.shown)),
    requester: draft.run.requester,
    policy: graph.policy,
    dueAt: at + asked.dueMs,
    onDue: asked.onDue,
  });
}

/** The key of a step's effect: the same on every attempt of the step. */
export function idempotencyKey(draft: Draft, step: GraphStep): string {
  return sha256Hex(`${draft.run.tenant}/${draft.run.run}/${step.id}`);
}

function schedule(draft: Draft, step: GraphStep, input: Json): 'started' {
  const { graph, at, room, ceilings } = draft.context;
  const { work } = step;
  invariant(work.kind === 'agent', `step ${step.id} is performed by an agent`);
  if (draft.run.open >= room.forRun) {
    emit(draft, 'StepQueued', { step: step.id, openAttemptsMax: room.openAttemptsMax });
    return 'started';
  }
  emit(draft, 'AttemptScheduled', {
    step: step.id,
    attempt: stateOf(draft, step).attempt + 1,
    agent: work.agent,
    capability: work.capability,
    risk: work.risk,
    definition: graph.hash,
    policy: graph.policy,
    input,
    deadlineAt: at + Math.min(work.timeoutMs, ceilings.attemptTimeoutMsMax),
    leaseMs: Math.min(work.leaseMs, ceilings.leaseMsMax),
    idempotencyKey: idempotencyKey(draft, step),
  });
  return 'started';
}

/** A step failed for good, and with it the run. */
export function failStep(draft: Draft, step: GraphStep, code: string, message: string): 'started' {
  const { attempt } = stateOf(draft, step);
  emit(draft, 'StepFailed', { step: step.id, attempt, code, message });
  emit(draft, 'RunFailed', { step: step.id, code, message });
  return 'started';
}

/** What the author wrote gave no value, or not the wanted one; or it took too many steps. */
function failEvaluation(
  draft: Draft,
  step: GraphStep,
  message: string,
  code: ErrorCode = 'EXPRESSION_FAILED',
): 'started' {
  return failStep(draft, step, codeOfFailure(draft.context, code), message);
}

/** A step has its output: records it and goes on. */
export function completeStep(draft: Draft, step: GraphStep, attempt: number, output: Json): void {
  emit(draft, 'StepCompleted', { step: step.id, attempt, output });
  advance(draft, [step]);
}

function reportCheckpoints(draft: Draft, step: GraphStep): void {
  const { graph } = draft.context;
  for (const index of step.checkpoints) {
    const checkpoint = graph.checkpoints[index];
    if (!checkpoint?.steps.every((member) => finishedAt(draft, member))) continue;
    const steps = checkpoint.steps.flatMap((member) => graph.steps[member]?.id ?? []);
    emit(draft, 'CheckpointReached', { label: checkpoint.label, steps });
  }
}

function completeWhenDone(draft: Draft): void {
  const { graph } = draft.context;
  if (draft.run.status !== 'running' || draft.run.finished < graph.steps.length) return;
  const output = graph.output(scopeOf(draft));
  if (output.ok) emit(draft, 'RunCompleted', { output: output.value });
  else {
    const code = codeOfFailure(draft.context, 'EXPRESSION_FAILED');
    emit(draft, 'RunFailed', { step: null, code, message: output.message });
  }
}
