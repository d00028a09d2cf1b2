import type { JsonObject } from '@fermata/contracts';
import { alternativesOfSchema, type Alternative, type Kind } from '../handoff/alternatives';
import { itemsOf, memberOf, namesIn } from '../handoff/members';

/** A type as the expression checker takes it: a name, or the fields of an object. */
export type ExpressionType = string | { readonly [field: string]: ExpressionType };

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Levels of fields that are told apart: a schema may hold itself. */
const LEVELS_MAX = 16;
/** Fields of one type that are told apart. */
const FIELDS_MAX = 2_000;

/** A type is asked for by each expression; schemas never change. */
const known = new WeakMap<JsonObject, ExpressionType>();

/**
 * The type that a JSON Schema gives the checker. Where a schema leaves a choice, or is too large
 * to be worked out, the type is `dyn`: an expression is then checked when it is evaluated. Every
 * JSON number is a `double`.
 */
export function typeOfSchema(schema: JsonObject | undefined): ExpressionType {
  if (schema === undefined) return 'dyn';
  const before = known.get(schema);
  if (before !== undefined) return before;
  const type = typeOf(alternativesOfSchema(schema), 0, { fields: 0 });
  known.set(schema, type);
  return type;
}

interface Work {
  fields: number;
}

function typeOf(alternatives: readonly Alternative[], level: number, work: Work): ExpressionType {
  if (level > LEVELS_MAX || work.fields > FIELDS_MAX) return 'dyn';
  switch (onlyKindOf(alternatives)) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return 'double';
    case 'array': {
      const item = typeOf(alternatives.flatMap(itemsOf), level + 1, work);
      return typeof item === 'string' ? `list<${item}>` : 'list<dyn>';
    }
    case 'object':
      return fieldsOf(alternatives, level, work);
    default:
      return 'dyn';
  }
}

/** The kind that all values have by the word `type`; null when they may have several. */
function onlyKindOf(alternatives: readonly Alternative[]): Kind | null {
  const kinds = new Set<Kind>();
  for (const { declared, unknown } of alternatives) {
    if (declared === null || unknown) return null;
    for (const kind of declared) kinds.add(kind === 'integer' ? 'number' : kind);
  }
  const [only] = kinds;
  return kinds.size === 1 && only !== undefined ? only : null;
}

function fieldsOf(alternatives: readonly Alternative[], level: number, work: Work): ExpressionType {
  const named = alternatives.map(namesIn);
  if (named.some(({ names, isOpen }) => isOpen || names.size === 0)) return 'dyn';
  const names = new Set(named.flatMap((one) => [...one.names]));
  if (![...names].every((name) => IDENTIFIER.test(name))) return 'dyn';
  work.fields += names.size;
  if (work.fields > FIELDS_MAX) return 'dyn';
  const fields: Record<string, ExpressionType> = {};
  for (const name of names) {
    const members = alternatives.map((one) => memberOf(one, name));
    const described = members.flatMap(({ said, alternatives: of }) => (said === 'named' ? of : []));
    if (members.some(({ said }) => said !== 'never')) {
      fields[name] = typeOf(described, level + 1, work);
    }
  }
  return Object.keys(fields).length === 0 ? 'dyn' : fields;
}
