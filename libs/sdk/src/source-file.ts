import { readFileSync } from 'node:fs';
import {
  Fault,
  FORBIDDEN_KEYS,
  LIMITS,
  noUtf8In,
  placeOf,
  toJson,
  whereNoUtf8,
  whyLiteralNotKept,
  whyNotKept,
  withoutBom,
  type ErrorCode,
} from '@fermata/contracts';
import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Scalar,
} from 'yaml';

/** Something wrong in a project, with the place where an editor should go. */
export interface ProjectProblem {
  /** Path of the file, relative to the project's folder. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly code: ErrorCode;
  /** What was expected, what was found, and what to do. */
  readonly message: string;
}

/** What aliases may multiply a file to: they can make gigabytes of a few lines. */
const ALIASES_MAX = 100;

/** A YAML or JSON file of a project that knows where each of its values stands. */
export class SourceFile {
  private readonly lines = new LineCounter();
  private readonly document: Document;
  private readonly values: unknown;
  readonly problems: ProjectProblem[] = [];

  constructor(
    /** Path relative to the project's folder. */
    readonly file: string,
    private readonly text: string,
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines, uniqueKeys: isSameKey });
    for (const error of this.document.errors) {
      const { line, col } = this.lines.linePos(error.pos[0]);
      // The place is told once; of several faults at one place the first says what is meant.
      if (this.problems.some((told) => told.line === line && told.column === col)) continue;
      const [text = ''] = error.message.split('\n');
      const what = text.replace(/ at line \d+, column \d+:$/, '');
      const message = `expected valid YAML, found: ${what}; correct it there, or just before`;
      this.problems.push({ file, line, column: col, code: 'DEFINITION_INVALID', message });
    }
    this.checkNodes();
    this.values = this.problems.length > 0 ? null : this.toValues();
  }

  /**
   * Reads a file; a missing one is a CONFIG_INVALID fault that names it. One that is not UTF-8 is
   * not read with replacement characters: it would be another file than its author wrote.
   */
  static read(path: string, file: string): SourceFile {
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch (cause) {
      const found = `expected a readable file ${path}, found none`;
      throw new Fault('CONFIG_INVALID', `${found}; correct the path`, false, { cause });
    }
    const end = whereNoUtf8(bytes);
    if (end === null) return new SourceFile(file, withoutBom(bytes.toString('utf8')));
    const source = new SourceFile(file, '');
    const before = withoutBom(bytes.subarray(0, end).toString('utf8')).split('\n');
    const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
    const message = `expected a file in UTF-8, found ${noUtf8In(bytes)}; save it as UTF-8`;
    source.problems.push({ file, line, column, code: 'DEFINITION_INVALID', message });
    return source;
  }

  /** The file's content as plain values; null when something is wrong with it. */
  get content(): unknown {
    return this.values;
  }

  /** A problem at a path of keys; `offset` counts characters inside the text that stands there. */
  problemAt(
    path: readonly (string | number)[],
    code: ErrorCode,
    message: string,
    offset?: number,
  ): ProjectProblem {
    const { line, col } = this.lines.linePos(this.positionOf(path, offset));
    return { file: this.file, line, column: col, code, message };
  }

  /** A problem with a key itself, whatever stands under it. */
  problemAtKey(
    path: readonly (string | number)[],
    code: ErrorCode,
    message: string,
  ): ProjectProblem {
    const { line, col } = this.lines.linePos(this.keyPosition(path) ?? this.positionOf(path, 0));
    return { file: this.file, line, column: col, code, message };
  }

  /** The deepest place on the path that exists: a missing key points at what should hold it. */
  private positionOf(path: readonly (string | number)[], offset: number | undefined): number {
    for (let length = path.length; length > 0; length--) {
      const node = this.document.getIn(path.slice(0, length), true);
      if (isScalar(node) && node.range) {
        const isInside = offset !== undefined && length === path.length;
        return isInside ? positionInside(this.text, node, offset) : node.range[0];
      }
      if (isCollection(node) && node.range)
        return this.keyPosition(path.slice(0, length)) ?? node.range[0];
    }
    return this.document.contents?.range?.[0] ?? 0;
  }

  /** Where the key of a map stands: clearer for a reader than where its content begins. */
  private keyPosition(path: readonly (string | number)[]): number | undefined {
    const parent = this.document.getIn(path.slice(0, -1), true);
    if (path.length === 0 || !isMap(parent)) return undefined;
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }

  private checkNodes(): void {
    visit(this.document, (key, node, path) => {
      if (path.filter((one) => isCollection(one)).length > LIMITS.jsonDepthMax) {
        const message = `expected at most ${LIMITS.jsonDepthMax} levels, found more; flatten it`;
        this.problems.push(this.problemOf(node, 'JSON_TOO_DEEP', message));
        return visit.BREAK;
      }
      if (isAlias(node)) this.checkAlias(node, path);
      if (isScalar(node) && key === 'key' && FORBIDDEN_KEYS.has(String(node.value))) {
        const message = `expected no key "${String(node.value)}", found one; rename it`;
        this.problems.push(this.problemOf(node, 'JSON_FORBIDDEN_KEY', message));
      }
      if (isScalar(node) && typeof node.value === 'number') this.checkNumber(node, node.value);
      return undefined;
    });
  }

  /** What YAML writes as JSON does must be what a double holds; other forms give a value alone. */
  private checkNumber(node: Scalar, value: number): void {
    const why = whyLiteralNotKept(node.source ?? '') ?? whyNotKept(value);
    if (why === null) return;
    const message = `${why}; write it as text, in quotes`;
    this.problems.push(this.problemOf(node, 'JSON_NUMBER_INEXACT', message));
  }

  private checkAlias(alias: Alias, path: readonly unknown[]): void {
    const anchored = alias.resolve(this.document);
    if (anchored !== undefined && !path.includes(anchored)) return;
    const expected = `expected *${alias.source} to repeat what stands before it`;
    const found = anchored === undefined ? 'no such anchor' : 'it inside itself';
    const message = `${expected}, found ${found}; write the value out`;
    this.problems.push(this.problemOf(alias, 'DEFINITION_INVALID', message));
  }

  private toValues(): unknown {
    let values: unknown;
    try {
      values = this.document.toJS({ maxAliasCount: ALIASES_MAX });
    } catch {
      const message = `expected aliases that stand for at most ${ALIASES_MAX} values, found more`;
      const found = `${message}; write the values out`;
      this.problems.push(this.problemOf(this.document.contents, 'LIMIT_EXCEEDED', found));
      return null;
    }
    // Tags and older versions of YAML give dates, sets and bytes, which are no JSON.
    const json = toJson(values);
    if (json.ok) return json.value;
    const { code, path, found } = json;
    const isBroken = code === 'JSON_MALFORMED';
    const message = `expected JSON at ${placeOf(path)}, found ${found}`;
    this.problems.push(this.problemAt(path, isBroken ? 'DEFINITION_INVALID' : code, message));
    return null;
  }

  private problemOf(node: unknown, code: ErrorCode, message: string): ProjectProblem {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    const { line, col } = this.lines.linePos(range?.[0] ?? 0);
    return { file: this.file, line, column: col, code, message };
  }
}

/** Two keys of a map are one when JSON has one text for both, as for 1 and "1". */
function isSameKey(one: unknown, other: unknown): boolean {
  return isScalar(one) && isScalar(other) && String(one.value) === String(other.value);
}

/** Characters as a text's author wrote them: an escape in quotes is one, blanks are none. */
const WRITTEN: Readonly<Record<string, RegExp>> = {
  QUOTE_DOUBLE: /\\(?:x..|u.{4}|U.{8}|["\\/0abe])|\\[\s\S]|\S/g,
  QUOTE_SINGLE: /''|\S/g,
};
const BLANK_ESCAPE = /^\\[^xuU"\\/0abe]/;

/**
 * Where a character of a text stands in the file. Folding, indents and escapes change blanks and
 * the width of characters, never their order: so the characters that are no blanks are counted.
 */
function positionInside(file: string, node: Scalar, offset: number): number {
  const [start, end] = node.range ?? [0, 0];
  const isQuoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
  const isBlock = node.type?.startsWith('BLOCK') ?? false;
  const from = isBlock ? file.indexOf('\n', start) + 1 : start + (isQuoted ? 1 : 0);
  const written = file.slice(from, isQuoted ? end - 1 : end);
  let before = String(node.value).slice(0, offset).replaceAll(/\s/g, '').length;
  let last = from;
  for (const { 0: character, index } of written.matchAll(WRITTEN[node.type ?? ''] ?? /\S/g)) {
    if (BLANK_ESCAPE.test(character) && isQuoted) continue;
    if (before === 0) return from + index;
    before -= 1;
    last = from + index + character.length;
  }
  return last;
}

/** A file of a project, read and checked. */
export interface Parsed<T> {
  readonly source: SourceFile;
  readonly value: T;
}
