import {
  Ajv2020,
  type ErrorObject,
  type KeywordDefinition,
  type Options,
  type ValidateFunction,
} from 'ajv/dist/2020';
import addFormats, { type FormatName } from 'ajv-formats';
import { RE2JS } from 're2js';
import { canonicalJson, type Json, type JsonObject } from '@fermata/contracts';
import { Meter, OutOfSteps } from '../meter';

/**
 * Null when a value meets the contract; else what was expected, what was found, and where. The
 * steps of the check are counted by the meter, or by one of its own.
 */
export type Contract = (value: Json, meter?: Meter) => string | null;

/** A contract, or why its schema is none. */
export type CompiledContract =
  | { readonly ok: true; readonly contract: Contract }
  | { readonly ok: false; readonly message: string };

/**
 * Patterns run on RE2, whose time is linear in the text. The checker keeps compiled patterns by
 * their text form, so each must have its own.
 */
function re2(pattern: string) {
  const compiled = RE2JS.compile(pattern);
  return {
    test: (text: string) => compiled.matcher(text).find(),
    toString: () => `re2:${pattern}`,
  };
}
re2.code = 're2';

type RegExpEngine = NonNullable<NonNullable<Options['code']>['regExp']>;

/** Formats of JSON Schema, each checked in linear time: "url", which ajv knows too, is not. */
const FORMATS: FormatName[] = [
  'date',
  'time',
  'date-time',
  'duration',
  'uri',
  'uri-reference',
  'uri-template',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
  'json-pointer',
  'relative-json-pointer',
  'regex',
];

/** By text rather than each item with each other, whose time has no bound that one could bear. */
const UNIQUE_ITEMS = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  error: { message: 'must not have equal items' },
  validate: (unique: boolean, items: readonly Json[]) =>
    !unique || new Set(items.map(canonicalJson)).size === items.length,
} as const satisfies KeywordDefinition;

/** Compiles the JSON Schemas of one definition, each distinct one once. */
export class ContractCompiler {
  private readonly known = new Map<string, CompiledContract>();
  private readonly ajv = newChecker();

  compile(schema: JsonObject): CompiledContract {
    const text = canonicalJson(schema);
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const compiled = this.compileNew(schema);
    this.known.set(text, compiled);
    return compiled;
  }

  private compileNew(schema: JsonObject): CompiledContract {
    if (schema['$async'] !== undefined) {
      const message = 'expected a schema that is checked at once, found "$async"; remove it';
      return { ok: false, message };
    }
    try {
      // A checker keeps what has an $id, and takes each $id once: contracts may quote each other.
      const checker = canonicalJson(schema).includes('"$id"') ? newChecker() : this.ajv;
      const validate = checker.compile(schema);
      return {
        ok: true,
        contract: (value, meter = new Meter()) => violation(validate, value, meter),
      };
    } catch (error) {
      const found = error instanceof Error ? error.message : 'an unknown error';
      const message = `expected a JSON Schema (draft 2020-12), found: ${found}; correct it`;
      return { ok: false, message };
    }
  }
}

function newChecker(): Ajv2020 {
  const checker = new Ajv2020({
    strict: false,
    // A keyword that nobody knows is a note; a format that nobody knows is a mistake.
    strictSchema: 'log',
    logger: false,
    allErrors: false,
    validateFormats: true,
    code: { regExp: re2 as RegExpEngine },
  });
  addFormats.default(checker, { formats: FORMATS });
  checker.removeKeyword('uniqueItems').addKeyword(UNIQUE_ITEMS);
  return checker;
}

function violation(validate: ValidateFunction, value: Json, meter: Meter): string | null {
  try {
    meter.spend(1);
    if (validate(value)) return null;
  } catch (error) {
    if (error instanceof OutOfSteps) return error.message;
    // A schema that refers to itself without end fails when it is used, not when it is compiled.
    const found = error instanceof Error ? error.message : 'an unknown error';
    return `expected a contract that can be checked, found: ${found}; correct the contract`;
  }
  const [error] = validate.errors ?? [];
  return error === undefined ? 'expected a value of the contract' : describe(error, value);
}

function describe(error: ErrorObject, value: Json): string {
  const place = error.instancePath === '' ? 'the value' : error.instancePath;
  const found = shown(valueAt(value, error.instancePath));
  const expected = error.message ?? 'to meet the contract';
  const more = error.keyword === 'additionalProperties' ? extra(error) : '';
  return `expected that ${place} ${expected}${more}, found ${found}`;
}

function extra(error: ErrorObject): string {
  return ` ("${String(error.params['additionalProperty'])}")`;
}

function valueAt(value: Json, pointer: string): Json | undefined {
  let found: unknown = value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    found = (found as Record<string, unknown> | undefined)?.[key];
  }
  return found as Json | undefined;
}

/** A value in a message: enough to recognise it, never a whole document. */
export function shown(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}
