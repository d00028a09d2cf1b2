import { Ajv2020 } from 'ajv/dist/2020';
import { canonicalJson, shorten, type Json, type JsonObject } from '@fermata/contracts';
import { Meter } from '../meter';
import { PatternRoom } from '../pattern';
import { drained, type Pieces } from '../pieces';
import { compileSchema } from '../schema/compile-schema';
import { addFormatsTo, type FormatCheck } from '../schema/formats';
import { whyNoSchema } from '../schema/schema-of-schemas';
import { visit, type Failure, type Node, type Run } from '../schema/node';

/**
 * Null when a value meets the contract; else what was expected, what was found, and where. The
 * steps of the check are counted by the meter, or by one of its own.
 */
export type Contract = (value: Json, meter?: Meter) => string | null;

/** A contract, or why its schema is none. */
export type CompiledContract =
  | { readonly ok: true; readonly contract: Contract }
  | { readonly ok: false; readonly message: string };

/** Compiles the JSON Schemas of one definition, each distinct one once. */
export class ContractCompiler {
  private readonly known = new Map<string, CompiledContract>();
  /** What is left for the patterns of the definition, also for those of its expressions. */
  readonly patterns = new PatternRoom();
  private nodes = 0;

  /** Schemas of all contracts that were compiled, those inside them counted. */
  get schemas(): number {
    return this.nodes;
  }

  compile(schema: JsonObject): CompiledContract {
    return drained(this.compiling(schema));
  }

  /** Compiles a schema in pieces. */
  *compiling(schema: JsonObject): Pieces<CompiledContract> {
    const text = canonicalJson(schema);
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const compiled = yield* this.compilingNew(schema);
    this.known.set(text, compiled);
    return compiled;
  }

  private *compilingNew(schema: JsonObject): Pieces<CompiledContract> {
    if (schema['$async'] !== undefined) {
      const message = 'expected a schema that is checked at once, found "$async"; remove it';
      return { ok: false, message };
    }
    const { checker } = tools();
    const compiled =
      (yield* whyNoSchema(schema, checker)) ??
      (yield* compileSchema(schema, { ...tools(), patterns: this.patterns }));
    if (typeof compiled === 'string') {
      const message = `expected a JSON Schema (draft 2020-12), found: ${compiled}; correct it`;
      return { ok: false, message };
    }
    this.nodes += compiled.subschemas;
    const { node } = compiled;
    return { ok: true, contract: (value, meter = new Meter()) => violation(node, value, meter) };
  }
}

/** What all contracts share. */
interface Tools {
  /** Knows which schemas are schemas. */
  readonly checker: Ajv2020;
  readonly formats: ReadonlyMap<string, FormatCheck>;
  readonly uris: Ajv2020['opts']['uriResolver'];
}

let made: Tools | undefined;

function tools(): Tools {
  if (made !== undefined) return made;
  const checker = new Ajv2020({ strict: false, logger: false });
  const formats = addFormatsTo(checker);
  made = { checker, formats, uris: checker.opts.uriResolver };
  return made;
}

function violation(node: Node, value: Json, meter: Meter): string | null {
  const run: Run = { meter, path: [], quiet: 0, depth: 0, scope: [] };
  const checked = meter.within(() => visit(node, value, run, null));
  if (!checked.ok) return checked.message;
  return checked.value && describe(checked.value, value);
}

function describe({ path, message }: Failure, value: Json): string {
  const place = path === '' ? 'the value' : path;
  return `expected that ${place} ${message}, found ${shown(valueAt(value, path))}`;
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
  return shorten(text, 120);
}
