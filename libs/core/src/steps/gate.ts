import {
  durationMs,
  type EventOf,
  type Json,
  type JsonObject,
  type StepDefinition,
  type stepKinds,
} from '@fermata/contracts';
import { typeOfSchema, type ExpressionType } from '../expression/types';
import { contractAt, evaluateFields, fieldsAt } from '../graph/author';
import type { Evaluated, Scope } from '../graph/scope';
import { invariant } from '../invariant';
import { editRuleOf, type EditRule } from '../handoff/edits';
import type { Approvers } from '../policy/approvers';
import {
  attemptAt,
  gateAt,
  type AfterEvents,
  type AnyWork,
  type Gives,
  type HoldRules,
  type OpenGate,
  type StepKind,
  type StepState,
} from './kind';

/** A question to people, compiled. */
export interface GateWork extends AnyWork {
  readonly kind: 'gate';
  readonly title: string;
  readonly editable: JsonObject | null;
  readonly asked: Approvers;
  show(scope: Scope): Evaluated<Json>;
  /** Null when a person may make this of what was shown; else expected, found and where. */
  readonly checkEdited: EditRule;
}

/** A step that holds for a person, and gives what was decided. */
export const gateKind: StepKind<GateWork> = {
  read({ id, step: { gate } }) {
    invariant(gate !== undefined, `step ${id} has a gate`);
    return {
      gives: givenBy(gate),
      *compile(compilation, index) {
        const path = ['workflow', 'steps', id, 'gate'];
        const edited = yield* contractAt(compilation, gate.editable, [...path, 'editable']);
        const shown = yield* fieldsAt(compilation, gate.show, [...path, 'show'], index);
        const { title, groups, due, onDue, editable = null } = gate;
        return {
          kind: 'gate',
          risk: 'gate',
          idempotent: true,
          title,
          editable,
          asked: { groups, dueMs: durationMs(due), onDue },
          show: (scope) => evaluateFields(shown, scope),
          checkEdited: editRuleOf(editable, edited),
        };
      },
    };
  },
  begin({ title, editable, asked, show }, { scope }) {
    const shown = show(scope);
    if (!shown.ok) return { then: 'fail', code: 'EXPRESSION_FAILED', message: shown.message };
    const question = { cause: 'review', title, shown: shown.value, editable, asked } as const;
    return { then: 'ask', question: { ...question, effect: null } };
  },
  answerRule: ({ checkEdited }, cause) => (cause === 'review' ? checkEdited : null),
};

type Gate = NonNullable<StepDefinition['gate']>;

/** What was decided, and the data as shown or edited. */
function givenBy(gate: Gate): Gives {
  const text = { type: 'string' };
  const schema = {
    type: 'object',
    properties: { decision: text, data: gate.editable ?? {}, approver: text, reason: {} },
    required: ['decision', 'data', 'approver', 'reason'],
  };
  return { schema, type: decisionType(gate) };
}

/** A gate's data has the fields that it shows and those that may be edited, of any type. */
function decisionType({ show, editable }: Gate): ExpressionType {
  const edited = editable === undefined ? {} : typeOfSchema(editable);
  const names = typeof edited === 'string' ? null : [...Object.keys(show), ...Object.keys(edited)];
  const isClosed = names !== null && names.length > 0 && names.every((name) => FIELD.test(name));
  const data = isClosed ? Object.fromEntries(names.map((name) => [name, 'dyn'])) : 'dyn';
  return { decision: 'string', data, approver: 'string', reason: 'dyn' };
}

/** Names that an expression can read with a dot. */
const FIELD = /^[A-Za-z_][A-Za-z0-9_]*$/;

const gate: HoldRules<OpenGate> = {
  dueAt: ({ dueAt }, isPaused) => (isPaused ? null : dueAt),
  due: () => ({ then: 'unanswered' }),
  resumed: (held, heldMs) => ({ ...held, dueAt: held.dueAt + heldMs }),
};

/** What a step waits for that holds for a person, whatever its kind. */
export const gateHolds = { gate };

/** What the events of gates make of their step. */
export const afterGateEvents: AfterEvents<keyof (typeof stepKinds)['gate']['events']> = {
  GateOpened: opened,
  GateEscalated: escalated,
  GateDecided: decided,
  GateExpired: closed,
  GateWithdrawn: closed,
};

function opened(step: StepState, { data }: EventOf<'GateOpened'>): StepState {
  const { gate: id, cause, groups, shown, dueAt, onDue, effect } = data;
  const runner = attemptAt(step)?.claim?.runner ?? null;
  const doubt = effect && { attempt: effect.attempt, runner };
  const held = { kind: 'gate', id, cause, groups, shown, dueAt, onDue, doubt } as const;
  return { ...step, status: 'held', gates: step.gates + 1, held };
}

function escalated(step: StepState, { data }: EventOf<'GateEscalated'>): StepState {
  const open = gateAt(step);
  const { groups, dueAt } = data;
  return open === null ? step : { ...step, held: { ...open, groups, dueAt, onDue: 'reject' } };
}

/** A decision lets a step that the policy held, or whose effect was in doubt, start (again). */
function decided(step: StepState, { data }: EventOf<'GateDecided'>): StepState {
  const free = { ...step, held: null, status: 'ready' as const };
  if (data.decision === 'retry') return free;
  return gateAt(step)?.cause === 'policy' ? { ...free, approved: data.data } : free;
}

/** What has no gate keeps what it waits for: such an event comes late. */
function closed(step: StepState): StepState {
  return gateAt(step) === null ? step : { ...step, held: null };
}
