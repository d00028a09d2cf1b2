import type { Json, JsonObject } from '@fermata/contracts';

/** A type as the expression checker takes it: a name, or the fields of an object. */
export type ExpressionType = string | { readonly [field: string]: ExpressionType };

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The type that a JSON Schema gives the checker. Where a schema leaves a choice, the type is
 * `dyn`: an expression is then checked when it is evaluated. Every JSON number is a `double`.
 */
export function typeOfSchema(schema: JsonObject | undefined): ExpressionType {
  switch (schema?.['type']) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'integer':
    case 'number':
      return 'double';
    case 'array':
      return listOf(schema['items']);
    case 'object':
      return fieldsOf(schema['properties']);
    default:
      return 'dyn';
  }
}

function listOf(items: Json | undefined): string {
  const item = isObject(items) ? typeOfSchema(items) : 'dyn';
  return typeof item === 'string' ? `list<${item}>` : 'list<dyn>';
}

function fieldsOf(properties: Json | undefined): ExpressionType {
  if (!isObject(properties)) return 'dyn';
  const names = Object.keys(properties);
  if (names.length === 0 || !names.every((name) => IDENTIFIER.test(name))) return 'dyn';
  const fields: Record<string, ExpressionType> = {};
  for (const name of names) {
    const schema = properties[name];
    fields[name] = isObject(schema) ? typeOfSchema(schema) : 'dyn';
  }
  return fields;
}

/** Whether a JSON value is an object. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
