import { Ajv2020, type ErrorObject, type Options, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';
import { canonicalJson, type Json, type JsonObject } from '@fermata/contracts';

/** Null when a value meets the contract; else what was expected, what was found, and where. */
export type Contract = (value: Json) => string | null;

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

/** Compiles the JSON Schemas of one definition, each distinct one once. */
export class ContractCompiler {
  private readonly known = new Map<string, CompiledContract>();
  private readonly ajv = new Ajv2020({
    strict: false,
    allErrors: false,
    validateFormats: true,
    code: { regExp: re2 as RegExpEngine },
  });

  constructor() {
    addFormats.default(this.ajv);
  }

  compile(schema: JsonObject): CompiledContract {
    const text = canonicalJson(schema);
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const compiled = this.compileNew(schema);
    this.known.set(text, compiled);
    return compiled;
  }

  private compileNew(schema: JsonObject): CompiledContract {
    try {
      const validate = this.ajv.compile(schema);
      return { ok: true, contract: (value) => violation(validate, value) };
    } catch (error) {
      const found = error instanceof Error ? error.message : 'an unknown error';
      const message = `expected a JSON Schema (draft 2020-12), found: ${found}; correct it`;
      return { ok: false, message };
    }
  }
}

function violation(validate: ValidateFunction, value: Json): string | null {
  if (validate(value)) return null;
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
function shown(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}
