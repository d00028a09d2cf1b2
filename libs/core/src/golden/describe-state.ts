import type { Json, JsonObject } from '@fermata/contracts';
import { timerOf, type PartitionState } from '../partition/partition-state';
import { RUN_TIMER } from '../run/fire-timers';
import { stepsOf, type RunState } from '../run/state';
import { attemptAt, gateAt, type OpenAttempt, type OpenGate, type StepState } from '../steps/kind';
import type { TimerQueue } from '../partition/timer-queue';

/**
 * What a partition's state says, in words that stay: recorded logs are held to it, so it names
 * what can be observed and never how it is kept. A change of the state's shape changes how this
 * file finds an answer, and no answer. What later releases remember beside it is not told.
 *
 * A step that nothing happened to is not told. Of a run that ended only what its key answers is
 * told: its steps are the log's. Lists are in an order that does not depend on how they are kept.
 */
export function describeState(state: PartitionState): JsonObject {
  return {
    at: state.at,
    keyWindowMs: state.keyWindowMs,
    definitions: [...state.definitions.keys()].sort(),
    runs: tableOf(state.runs, describeRun),
    ended: tableOf(state.ended, ({ run, keyFreeAt }) => ({ ...described(run), keyFreeAt })),
    lives: tableOf(state.lives, (life) => life),
    commands: tableOf(state.commands, ({ digest, outcome, run, expiresAt }) => {
      return { digest, outcome, run, expiresAt };
    }),
    timers: timersIn(state.timers).map(({ runKey, timer, at }) => {
      return { run: runKey, step: timer === RUN_TIMER ? null : timer, dueAt: at };
    }),
    openAttempts: tableOf(state.openOf, (count) => count),
    queued: tableOf(state.queued, (queue) =>
      timersIn(queue).map(({ runKey, timer, at }) => ({ run: runKey, step: timer, since: at })),
    ),
  };
}

function tableOf<V>(map: ReadonlyMap<string, V>, describe: (value: V) => Json): JsonObject {
  return Object.fromEntries([...map].map(([key, value]) => [key, describe(value)]));
}

function timersIn(queue: TimerQueue) {
  return queue.due(Infinity, queue.size).map(({ key, dueAt }) => ({ ...timerOf(key), at: dueAt }));
}

/** What is told of any run, be it open or ended. */
function described(run: RunState) {
  const { tenant, status, sequence, workflow, policy, requester, startedAt } = run;
  return {
    tenant,
    run: run.run,
    status,
    sequence,
    workflow: { name: workflow.name, version: workflow.version, hash: workflow.hash },
    policy: { name: policy.name, version: policy.version },
    requester,
    startedAt,
    ignoredResults: [...run.ignored].sort(),
  };
}

function describeRun(run: RunState): JsonObject {
  const steps = [...stepsOf(run)].map(([id, step]) => [id, describeStep(step)] as const);
  return {
    ...described(run),
    input: run.input,
    deadlineAt: run.deadlineAt,
    pausedAt: run.pausedAt,
    stepsFinished: run.finished,
    attemptsOpen: run.open,
    steps: Object.fromEntries(steps),
  };
}

function describeStep(step: StepState): JsonObject {
  const { status, attempt, failures, losses, gates, held } = step;
  const [open, gate] = [attemptAt(step), gateAt(step)];
  return {
    status,
    attempt,
    failures,
    losses,
    gatesOpened: gates,
    openAttempt: open === null ? null : describeAttempt(open),
    gate: gate === null ? null : describeGate(gate),
    retryAt: held?.kind === 'retry' ? held.at : null,
    queuedAt: held?.kind === 'turn' ? held.since : null,
    ...(step.approved === undefined ? {} : { approved: step.approved }),
    ...(step.output === undefined ? {} : { output: step.output }),
  };
}

function describeAttempt({ number, deadlineAt, claim, intent }: OpenAttempt): JsonObject {
  return {
    number,
    deadlineAt,
    claim: claim === null ? null : { runner: claim.runner, leaseUntil: claim.leaseUntil },
    intent:
      intent === null
        ? null
        : { key: intent.key, digest: intent.digest, settleBy: intent.settleBy },
  };
}

function describeGate({ id, cause, groups, shown, dueAt, onDue, doubt }: OpenGate): JsonObject {
  return {
    gate: id,
    cause,
    groups: [...groups],
    shown,
    dueAt,
    onDue,
    doubt: doubt === null ? null : { attempt: doubt.attempt, runner: doubt.runner },
  };
}
