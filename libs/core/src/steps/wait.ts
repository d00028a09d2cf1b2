import {
  durationMs,
  momentOf,
  rfc3339,
  type EventOf,
  type Json,
  type stepKinds,
} from '@fermata/contracts';
import { expressionAt } from '../graph/author';
import type { Evaluated, Scope } from '../graph/scope';
import { shown } from '../handoff/contract';
import { invariant } from '../invariant';
import type { AfterEvents, AnyWork, HoldRules, PassingTime, StepKind, StepState } from './kind';

/** A wait, compiled. */
export interface WaitWork extends AnyWork {
  readonly kind: 'wait';
  /** The moment at which it ends, for one that begins now. */
  until(scope: Scope, now: number): Evaluated<number>;
  /** Whether that moment is the author's, and not counted from the beginning. */
  readonly isFixed: boolean;
}

const SCHEMA = {
  type: 'object',
  properties: { at: { type: 'string' } },
  required: ['at'],
  additionalProperties: false,
};

/** A step that lets time pass; a moment that has passed ends it at once. */
export const waitKind: StepKind<WaitWork> = {
  read({ id, step: { wait } }) {
    invariant(wait !== undefined, `step ${id} is a wait`);
    return {
      gives: { schema: SCHEMA, type: { at: 'string' } },
      *compile(compilation, index) {
        const common = { kind: 'wait', risk: 'reasoning', idempotent: true } as const;
        if ('for' in wait) {
          const ms = durationMs(wait.for);
          const until: WaitWork['until'] = (_, now) => ({ ok: true, value: now + ms });
          return { ...common, isFixed: false, until };
        }
        const place = { path: ['workflow', 'steps', id, 'wait', 'until'], step: index };
        const expression = yield* expressionAt(compilation, wait.until, place);
        const until: WaitWork['until'] = (scope, now) =>
          expression === null ? { ok: true, value: now } : momentFrom(expression.evaluate(scope));
        return { ...common, isFixed: true, until };
      },
    };
  },
  begin({ until, isFixed }, { scope, at }) {
    const moment = until(scope, at);
    if (!moment.ok) return { then: 'fail', code: 'EXPRESSION_FAILED', message: moment.message };
    if (moment.value <= at) return { then: 'complete', output: { at: rfc3339(at) } };
    return { then: 'wait', dueAt: moment.value, isFixed };
  },
  answerRule: () => null,
};

function momentFrom(value: Evaluated<Json>): Evaluated<number> {
  if (!value.ok) return value;
  const moment = typeof value.value === 'string' ? momentOf(value.value) : null;
  if (moment !== null) return { ok: true, value: moment };
  const expected = 'expected until to give a moment such as "2026-03-01T09:30:00Z" (RFC 3339)';
  return { ok: false, message: `${expected}, found ${shown(value.value)}` };
}

const time: HoldRules<PassingTime> = {
  dueAt: ({ dueAt }, isPaused) => (isPaused ? null : dueAt),
  due: (_, __, at) => ({ then: 'complete', output: { at: rfc3339(at) } }),
  resumed: (held, heldMs) => (held.isFixed ? held : { ...held, dueAt: held.dueAt + heldMs }),
};

/** What a step waits for that lets time pass. */
export const waitHolds = { time };

/** What the events of waits make of their step. */
export const afterWaitEvents: AfterEvents<keyof (typeof stepKinds)['wait']['events']> = {
  WaitBegan: began,
};

function began(step: StepState, { data }: EventOf<'WaitBegan'>): StepState {
  const held = { kind: 'time', dueAt: data.dueAt, isFixed: data.fixed } as const;
  return { ...step, status: 'waiting', held };
}
