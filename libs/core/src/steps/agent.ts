import {
  rfc3339,
  type EventOf,
  type Json,
  type StepDefinition,
  type stepKinds,
} from '@fermata/contracts';
import { typeOfSchema } from '../expression/types';
import { contractAt, evaluateFields, fieldsAt, type Compilation } from '../graph/author';
import { checkHandoffs } from '../graph/handoffs';
import { routeOf, type Route } from '../graph/route';
import type { Evaluated, Scope } from '../graph/scope';
import type { Contract } from '../handoff/contract';
import { editRuleOf, type EditRule } from '../handoff/edits';
import type { Pieces } from '../pieces';
import type { AttemptNumbers } from '../policy/attempts';
import { consult, type Policy } from '../policy/consult';
import {
  attemptAt,
  type AfterEvents,
  type AnyWork,
  type AwaitedTurn,
  type Begun,
  type Failure,
  type HoldRules,
  type Moment,
  type OpenAttempt,
  type RetryWait,
  type Site,
  type StepCompilation,
  type StepKind,
  type StepState,
  type Turn,
} from './kind';

/** A call of an agent, compiled, with the policy's numbers in place. */
export interface AgentWork extends AnyWork, AttemptNumbers {
  readonly kind: 'agent';
  readonly risk: Route['risk'];
  readonly agent: Route['agent'];
  readonly capability: string;
  input(scope: Scope): Evaluated<Json>;
  /** Null when the input meets the agent's schema; else expected, found and where. */
  readonly checkInput: Contract;
  /** Null when a person at a gate of the policy may make this of the input that was shown. */
  readonly checkEditedInput: EditRule;
  /** Null when the output meets the handoff contract; else expected, found and where. */
  readonly checkOutput: Contract;
  /** The rule that bounds how often it is tried. */
  readonly attemptsRule: string;
  readonly policy: Policy;
}

/** A step that an agent performs, in attempts. */
export const agentKind: StepKind<AgentWork> = {
  read(site) {
    const route = routeOf(site.definition, site.id, site.step, site.report);
    const schema = site.step.output ?? route?.output ?? null;
    return {
      gives: { schema, type: typeOfSchema(schema ?? undefined) },
      compile: (compilation, index) => compiling(compilation, index, site, route),
    };
  },
  begin: beginAgent,
  answerRule({ checkEditedInput, checkOutput }, cause) {
    return cause === 'doubt'
      ? (_, outcome, meter) => checkOutput(outcome, meter)
      : checkEditedInput;
  },
};

function beginAgent(work: AgentWork, { id, state, scope }: Moment): Begun {
  if (state.approved !== undefined) return { then: 'perform', input: state.approved };
  const input = work.input(scope);
  if (!input.ok) return { then: 'fail', code: 'EXPRESSION_FAILED', message: input.message };
  const violation = work.checkInput(input.value, scope.meter);
  if (violation !== null) return { then: 'fail', code: 'CONTRACT_VIOLATED', message: violation };
  // What was tried before has passed the policy's gate, if there was one.
  if (state.attempt > 0) return { then: 'perform', input: input.value };
  const { policy, risk } = work;
  const { outcome: held, rule } = consult(policy, 'gate', { risk, scope, input: input.value });
  if (!held.ok) return { then: 'fail', code: 'EXPRESSION_FAILED', message: held.message };
  if (!held.value) return { then: 'perform', input: input.value };
  const asked = consult(policy, 'approvers', { cause: 'policy' }).outcome;
  const title = `Approve the input of ${id} before it runs`;
  const question = { cause: 'policy', title, shown: input.value, editable: null } as const;
  return { then: 'ask', question: { ...question, asked, rule, effect: null } };
}

function* compiling(
  compilation: StepCompilation,
  index: number,
  { id, step }: Site,
  route: Route | null,
): Pieces<AgentWork> {
  const path = ['workflow', 'steps', id];
  const risk = route?.risk ?? 'reasoning';
  const { policy } = compilation;
  const { outcome: numbers, rule } = consult(policy, 'attempts', { risk, id, step });
  const output = yield* contractAt(compilation, step.output, [...path, 'output']);
  const accepted = promisedAt(compilation, route, 'input');
  const checkInput = yield* contractAt(compilation, route?.input, accepted);
  const given = promisedAt(compilation, route, 'output');
  const promised = yield* contractAt(compilation, route?.output, given);
  return {
    kind: 'agent',
    risk,
    agent: route?.agent ?? { name: '', version: '' },
    capability: route?.capability ?? '',
    idempotent: route?.idempotent ?? false,
    ...numbers,
    attemptsRule: rule,
    input: yield* inputOf(compilation, index, step, route),
    checkInput,
    checkEditedInput: editRuleOf(route?.input ?? null, checkInput),
    checkOutput: (value, meter) => output(value, meter) ?? promised(value, meter),
    policy,
  };
}

/** Where an agent's contract stands: a mistake in it is the agent's, not the step's. */
function promisedAt(
  { definition }: Compilation,
  route: Route | null,
  which: 'input' | 'output',
): readonly (string | number)[] {
  const index = definition.agents.findIndex(({ name }) => name === route?.agent.name);
  return ['agents', index, 'capabilities', route?.capability ?? '', which];
}

function* inputOf(
  compilation: Compilation,
  index: number,
  step: StepDefinition,
  route: Route | null,
): Pieces<AgentWork['input']> {
  const path = ['workflow', 'steps', compilation.order.ids[index] ?? '', 'input'];
  const fields = step.input && (yield* fieldsAt(compilation, step.input, path, index));
  if (route !== null && compilation.placed !== null) {
    checkHandoffs(compilation, index, route, step.input ?? null);
  }
  if (fields !== undefined) return (scope) => evaluateFields(fields, scope);
  const needs = (compilation.order.needs[index] ?? []).map((need) => ({
    need,
    id: compilation.order.ids[need] ?? '',
  }));
  return (scope) => ({ ok: true, value: defaultInput(scope, needs) });
}

/** Without fields a step is given its needs' outputs by name, or the run's input. */
function defaultInput(scope: Scope, needs: readonly { need: number; id: string }[]): Json {
  if (needs.length === 0) return scope.run.input;
  const members: Record<string, Json> = {};
  for (const { need, id } of needs) {
    const { output } = scope.step(need);
    if (output !== undefined) members[id] = output;
  }
  return members;
}

/** The attempt of a step ended too late, by the word of whoever held it, or with nobody at it. */
export function timedOut(id: string, { claim, deadlineAt, intent }: OpenAttempt): Failure {
  const who = claim === null ? 'an agent' : 'its runner';
  const by = rfc3339(deadlineAt);
  const message = `expected a result of ${id} from ${who} by ${by}, its deadline, found none`;
  return { code: 'ATTEMPT_TIMED_OUT', message, lost: false, intended: intent !== null };
}

/** Nothing was heard of the runner that held an attempt until its lease had ended. */
function lost(id: string, { claim, deadlineAt, intent }: OpenAttempt): Failure {
  const by = rfc3339(claim?.leaseUntil ?? deadlineAt);
  const message = `expected a sign of life from the runner of ${id} by ${by}, found none`;
  return { code: 'ATTEMPT_LOST', message, lost: true, intended: intent !== null };
}

/** A lease may outlast the deadline: whether its holder lives is known at its end at the latest. */
const attempt: HoldRules<OpenAttempt> = {
  dueAt: ({ intent, claim, deadlineAt }) => intent?.settleBy ?? claim?.leaseUntil ?? deadlineAt,
  /** Who lost its runner has not timed out: that is said by a runner which lives. */
  due(held, { id, work }, at) {
    const isLost = held.claim !== null && held.claim.leaseUntil <= at;
    // The grant of a call made once at most never outlasts the deadline: a person is asked.
    const isOver = held.intent !== null && !work.idempotent && at >= held.deadlineAt;
    const failure = isLost && !isOver ? lost(id, held) : timedOut(id, held);
    return { then: 'fail-attempt', failure };
  },
  // It never stopped.
  resumed: (held) => held,
};

const BEGIN: Turn = { then: 'begin' };

const retry: HoldRules<RetryWait> = {
  dueAt: ({ at }, isPaused) => (isPaused ? null : at),
  due: () => BEGIN,
  resumed: (held, heldMs) => ({ ...held, at: held.at + heldMs }),
};

/** Room among the tenant's attempts is waited for; no moment brings it. */
const turn: HoldRules<AwaitedTurn> = {
  dueAt: () => null,
  due: () => BEGIN,
  resumed: (held) => held,
};

/** What a step that an agent performs waits for. */
export const agentHolds = { attempt, retry, turn };

/** An ignored result is remembered by its run: it changes no step. */
type OfAgent = Exclude<keyof (typeof stepKinds)['agent']['events'], 'ResultIgnored'>;

/** What the events of attempts make of their step. */
export const afterAgentEvents: AfterEvents<OfAgent> = {
  StepQueued: (step, { at }) => ({ ...step, status: 'queued', held: { kind: 'turn', since: at } }),
  AttemptScheduled: scheduled,
  AttemptClaimed: claimed,
  EffectIntended: intended,
  AttemptFailed: failed,
};

function scheduled(step: StepState, { data }: EventOf<'AttemptScheduled'>): StepState {
  const { attempt: number, deadlineAt } = data;
  const held = { kind: 'attempt', number, deadlineAt, claim: null, intent: null } as const;
  return { ...step, status: 'scheduled', attempt: number, held };
}

function claimed(step: StepState, { data }: EventOf<'AttemptClaimed'>): StepState {
  const { runner, leaseUntil } = data;
  const open = attemptAt(step);
  if (open?.number !== data.attempt) return step;
  const moved = leaseUntil - (open.claim?.leaseUntil ?? leaseUntil);
  const intent = open.intent && { ...open.intent, settleBy: open.intent.settleBy + moved };
  return { ...step, held: { ...open, claim: { runner, leaseUntil }, intent } };
}

function intended(step: StepState, { data }: EventOf<'EffectIntended'>): StepState {
  const { runner, leaseUntil, settleBy, key, digest } = data;
  const open = attemptAt(step);
  if (open?.number !== data.attempt) return step;
  const claim = { runner, leaseUntil };
  return { ...step, held: { ...open, claim, intent: { key, digest, settleBy } } };
}

function failed(step: StepState, { data }: EventOf<'AttemptFailed'>): StepState {
  const { lost, released = false, retryAt } = data;
  const failures = step.failures + (lost ? 0 : 1);
  const lossesAfter = released ? step.losses : step.losses + 1;
  const losses = lost ? lossesAfter : 0;
  const held = retryAt === null ? null : ({ kind: 'retry', at: retryAt } as const);
  return { ...step, status: 'waiting', failures, losses, held };
}
