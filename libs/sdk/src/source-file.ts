import { readFileSync } from 'node:fs';
import { Fault, LIMITS, type ErrorCode } from '@fermata/contracts';
import {
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
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

const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** A YAML or JSON file of a project that knows where each of its values stands. */
export class SourceFile {
  private readonly lines = new LineCounter();
  private readonly document: Document;
  readonly problems: ProjectProblem[] = [];

  constructor(
    /** Path relative to the project's folder. */
    readonly file: string,
    private readonly text: string,
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines, uniqueKeys: true });
    for (const error of this.document.errors) {
      const { line, col } = this.lines.linePos(error.pos[0]);
      const [message = ''] = error.message.split('\n');
      const code = 'DEFINITION_INVALID';
      const found = `expected valid YAML, found: ${message}`;
      this.problems.push({ file, line, column: col, code, message: found });
    }
    this.checkKeysAndDepth();
  }

  /** Reads a file; a missing one is a CONFIG_INVALID fault that names it. */
  static read(path: string, file: string): SourceFile {
    try {
      return new SourceFile(file, readFileSync(path, 'utf8'));
    } catch (cause) {
      const found = `expected a readable file ${file}, found none`;
      throw new Fault('CONFIG_INVALID', `${found}; correct the path`, false, { cause });
    }
  }

  /** The file's content as plain values; null when it could not be parsed. */
  get content(): unknown {
    return this.problems.length > 0 ? null : this.document.toJS({ maxAliasCount: 100 });
  }

  /** A problem at a path of keys; `offset` counts characters inside the value there. */
  problemAt(
    path: readonly (string | number)[],
    code: ErrorCode,
    message: string,
    offset = 0,
  ): ProjectProblem {
    const { line, col } = this.lines.linePos(this.positionOf(path, offset));
    return { file: this.file, line, column: col, code, message };
  }

  /** The deepest place on the path that exists: a missing key points at what should hold it. */
  private positionOf(path: readonly (string | number)[], offset: number): number {
    for (let length = path.length; length >= 0; length--) {
      const node = this.document.getIn(path.slice(0, length), true);
      if (isScalar(node) && node.range) {
        if (length === path.length && node.type?.startsWith('BLOCK')) {
          return this.positionInBlock(node.range, offset);
        }
        const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
        const inside = length === path.length ? offset + (quoted && offset > 0 ? 1 : 0) : 0;
        return node.range[0] + inside;
      }
      if (isCollection(node) && node.range)
        return this.keyPosition(path.slice(0, length)) ?? node.range[0];
      if (length === 0) break;
    }
    return 0;
  }

  /** A character of a block scalar: its lines are joined by one character each. */
  private positionInBlock([start, end]: readonly number[], offset: number): number {
    const first = this.text.indexOf('\n', start) + 1;
    const lines = this.text.slice(first, end).split('\n');
    const indent = /^ */.exec(lines[0] ?? '')?.[0].length ?? 0;
    let [line, rest] = [first, offset];
    for (const { length } of lines) {
      if (rest <= length - indent) break;
      rest -= length - indent + 1;
      line += length + 1;
    }
    return line + indent + rest;
  }

  /** Where the key of a map stands: clearer for a reader than where its content begins. */
  private keyPosition(path: readonly (string | number)[]): number | undefined {
    const parent = this.document.getIn(path.slice(0, -1), true);
    if (path.length === 0 || !isMap(parent)) return undefined;
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  }

  private checkKeysAndDepth(): void {
    visit(this.document, (_, node, path) => {
      if (path.length > 2 * LIMITS.jsonDepthMax) {
        const message = `expected at most ${LIMITS.jsonDepthMax} levels, found more; flatten it`;
        this.problems.push(this.problemOf(node, 'JSON_TOO_DEEP', message));
        return visit.BREAK;
      }
      if (isScalar(node) && _ === 'key' && FORBIDDEN.has(String(node.value))) {
        const message = `expected no key "${String(node.value)}", found one; rename it`;
        this.problems.push(this.problemOf(node, 'JSON_FORBIDDEN_KEY', message));
      }
      return undefined;
    });
  }

  private problemOf(node: unknown, code: ErrorCode, message: string): ProjectProblem {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    const { line, col } = this.lines.linePos(range?.[0] ?? 0);
    return { file: this.file, line, column: col, code, message };
  }
}
