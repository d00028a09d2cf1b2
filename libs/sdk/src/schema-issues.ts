import { nearest } from '@fermata/core';
import { z } from 'zod';

/** What a file says that its schema does not take, and where. */
export interface SchemaIssue {
  readonly path: readonly (string | number)[];
  /** Whether the key at the path is meant, not its value. */
  readonly atKey: boolean;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;
type Path = readonly (string | number)[];

/** Values and fields that a message lists. */
const SHOWN_MAX = 12;

/**
 * What is wrong with a file's content, in words of Fermata: each unknown field by itself, with the
 * name that was probably meant; of several forms the one that its author began to write.
 */
export function issuesOf(
  schema: z.ZodType,
  content: unknown,
  issues: readonly Issue[],
): readonly SchemaIssue[] {
  return issues.flatMap((issue) => told(issue, { schema, content, before: [] }));
}

interface Told {
  readonly schema: z.ZodType;
  readonly content: unknown;
  /** Where the form stands that the issue is of. */
  readonly before: Path;
}

function told(issue: Issue, at: Told): readonly SchemaIssue[] {
  const path = [...at.before, ...issue.path.map(keyOf)];
  const found = valueAt(at.content, path);
  const name = path.join('.') || 'the file';
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownField(key, path, at.schema));
    case 'invalid_union':
      return ofNearestForm(issue.errors, found, path, at);
    case 'invalid_key':
    case 'invalid_element':
      return [{ path, atKey: true, message: `${badKey(issue, path)}; rename it` }];
    default:
      if (found === undefined) return [{ path, atKey: false, message: missing(issue, path) }];
      return [
        {
          path,
          atKey: false,
          message: `expected ${wanted(issue)} as ${name}, found ${shown(found)}; ${remedy(issue, found)}`,
        },
      ];
  }
}

function unknownField(key: string, path: Path, schema: z.ZodType): SchemaIssue {
  const known = fieldsAt(schema, path);
  const where = path.length === 0 ? 'here' : `in ${path.join('.')}`;
  const close = nearest(key, known);
  const advice = isClose(key, close)
    ? `did you mean ${close}?`
    : `there is ${known.toSorted().join(', ') || 'none'}`;
  const message = `expected a field that is known ${where}, found "${key}"; ${advice}`;
  return { path: [...path, key], atKey: true, message };
}

/** A name that shares little with what was written is no advice. */
function isClose(written: string, known: string): boolean {
  const letters = new Set(known);
  const shared = [...written].filter((letter) => letters.has(letter)).length;
  return shared * 2 > written.length && Math.abs(written.length - known.length) <= 3;
}

function missing(issue: Issue, path: Path): string {
  const holder = path.slice(0, -1).join('.') || 'the file';
  const found = `expected the field "${path.at(-1) ?? ''}" in ${holder}, found none`;
  const what = issue.code === 'invalid_value' || issue.code === 'invalid_type' ? wanted(issue) : '';
  return `${found}; add it${what === '' ? '' : `: ${what}`}`;
}

function wanted(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected;
    case 'invalid_value': {
      const values = issue.values.slice(0, SHOWN_MAX).map((value) => JSON.stringify(value));
      return values.length === 1 ? (values[0] ?? '') : `one of ${values.join(', ')}`;
    }
    case 'too_big':
      return `at most ${issue.maximum}${unitOf(issue.origin)}`;
    case 'too_small':
      return `at least ${issue.minimum}${unitOf(issue.origin)}`;
    default:
      return `a valid value (${issue.message.replace(/^Invalid input: /, '')})`;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' items' : '';
}

function remedy(issue: Issue, found: unknown): string {
  if (issue.code !== 'invalid_value' || typeof found !== 'string') return 'correct it';
  const texts = issue.values.filter((value) => typeof value === 'string');
  const close = nearest(found, texts);
  return isClose(found, close) ? `did you mean ${close}?` : 'write one of these';
}

function badKey(issue: Extract<Issue, { code: 'invalid_key' | 'invalid_element' }>, path: Path) {
  const [why] = issue.issues;
  const rule = why === undefined ? '' : ` (${why.message})`;
  return `expected a name of letters, digits and _ that is valid here${rule}, found "${path.at(-1) ?? ''}"`;
}

/** Of several forms, the one whose own issues stand deepest: its author began to write that. */
function ofNearestForm(
  forms: readonly (readonly Issue[])[],
  found: unknown,
  path: Path,
  at: Told,
): readonly SchemaIssue[] {
  if (found === undefined) {
    const holder = path.slice(0, -1).join('.') || 'the file';
    const message = `expected the field "${path.at(-1) ?? ''}" in ${holder}, found none; add it`;
    return [{ path, atKey: false, message }];
  }
  const isMap = typeof found === 'object' && found !== null;
  const deep = forms.filter((issues) => issues.some((issue) => isInside(issue)));
  const [form] = deep.toSorted((one, other) => one.length - other.length);
  if (isMap && form !== undefined) {
    return form.flatMap((issue) => told(issue, { ...at, before: path }));
  }
  const named = formsAt(at.schema, path);
  const choices = named.length > 0 ? named : forms.flatMap((one) => one.slice(0, 1).map(wanted));
  const expected = [...new Set(choices)].join(' or ') || 'another form';
  const message = `expected ${expected} as ${path.join('.')}, found ${shown(found)}; correct it`;
  return [{ path, atKey: false, message }];
}

/** What tells the forms of a union apart, where the path ends at that field. */
function formsAt(schema: z.ZodType, path: Path): readonly string[] {
  const [key, ...rest] = path;
  const inner = bare(schema);
  if (inner instanceof z.ZodLiteral) return [...inner.values].map((one) => JSON.stringify(one));
  if (inner instanceof z.ZodUnion && key !== undefined) {
    const options: readonly unknown[] = inner.options;
    return options.flatMap((one) => (one instanceof z.ZodType ? formsAt(one, path) : []));
  }
  const next = key === undefined ? undefined : memberOf(inner, key);
  return next instanceof z.ZodType ? formsAt(next, rest) : [];
}

function isInside(issue: Issue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys';
}

function keyOf(key: PropertyKey): string | number {
  return typeof key === 'symbol' ? key.toString() : key;
}

function valueAt(content: unknown, path: Path): unknown {
  let found: unknown = content;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string | number, unknown>)[key];
  }
  return found;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}

/** The fields that a schema knows at a path; of several forms, those of all. */
function fieldsAt(schema: z.ZodType, path: Path): readonly string[] {
  const [key, ...rest] = path;
  const inner = bare(schema);
  if (inner instanceof z.ZodUnion) {
    const options: readonly unknown[] = inner.options;
    return options.flatMap((one) => (one instanceof z.ZodType ? fieldsAt(one, path) : []));
  }
  if (key === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  const next = memberOf(inner, key);
  return next instanceof z.ZodType ? fieldsAt(next, rest) : [];
}

function bare(schema: z.ZodType): z.ZodType {
  let found = schema;
  while (found instanceof z.ZodOptional) {
    const inner: unknown = found.unwrap();
    if (!(inner instanceof z.ZodType)) break;
    found = inner;
  }
  return found;
}

function memberOf(schema: z.ZodType, key: string | number): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[String(key)] as unknown;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}
