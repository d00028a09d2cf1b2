import type { Json } from '@fermata/contracts';
import { typeOfSchema } from '../expression/types';
import { evaluateFields, fieldsAt } from '../graph/author';
import type { Evaluated, Scope } from '../graph/scope';
import { invariant } from '../invariant';
import type { AnyWork, StepKind } from './kind';

/** Fields to compute, compiled. */
export interface SetWork extends AnyWork {
  readonly kind: 'set';
  value(scope: Scope): Evaluated<Json>;
}

/** A step that computes, and gives what it computed. */
export const setKind: StepKind<SetWork> = {
  read({ id, step: { set } }) {
    invariant(set !== undefined, `step ${id} is a set`);
    const names = Object.keys(set);
    const properties = Object.fromEntries(names.map((name) => [name, {}]));
    const schema = { type: 'object', properties, required: names, additionalProperties: false };
    return {
      gives: { schema, type: typeOfSchema(schema) },
      *compile(compilation, index) {
        const fields = yield* fieldsAt(compilation, set, ['workflow', 'steps', id, 'set'], index);
        const value = (scope: Scope) => evaluateFields(fields, scope);
        return { kind: 'set', risk: 'reasoning', idempotent: true, value };
      },
    };
  },
  begin({ value }, { scope }) {
    const computed = value(scope);
    if (computed.ok) return { then: 'complete', output: computed.value };
    return { then: 'fail', code: 'EXPRESSION_FAILED', message: computed.message };
  },
  answerRule: () => null,
};
