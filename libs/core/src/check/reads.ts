import type { ASTNode } from '@marcbachmann/cel-js';
import { memberOf, requiredBy } from '../handoff/members';
import { textOf, type Finding } from './conditions';
import type { Goal } from './formula';
import { childrenOf, fieldOf, knownOf, pathOf, type Visited } from './reading';
import { canHold, type StatusMeans, type Work } from './solve';
import { completed, formulaOf, isThere, type Translation } from './translate';

/** What a reader knows when it begins, and how much may be worked out for it. */
export interface Reader {
  readonly translation: Translation;
  /** What holds whenever the expression is evaluated. */
  readonly goals: readonly Goal[];
  readonly means: StatusMeans;
  readonly work: Work;
}

/** What an expression reads though it may not be there. */
export interface Reads {
  /** Outputs of steps that may have been skipped on the way to the place. */
  readonly skipped: readonly Finding[];
  /** Fields that no schema promises, read without `has( )`. */
  readonly optional: readonly Finding[];
}

/** Finds what an expression reads without asking first whether it is there. */
export function uncertainReads(ast: ASTNode, reader: Reader): Reads {
  const found = { skipped: new Map<string, Finding>(), optional: new Map<string, Finding>() };
  walk({ node: ast, reading: reader.translation.reading }, reader, found);
  return { skipped: [...found.skipped.values()], optional: [...found.optional.values()] };
}

interface Found {
  readonly skipped: Map<string, Finding>;
  readonly optional: Map<string, Finding>;
}

/**
 * Follows an expression the way it is evaluated. An error in one operand of `&&` is forgotten when
 * the other is false, and of `||` when it is true: so each operand is read knowing of the other.
 */
function walk(at: Visited, reader: Reader, found: Found): void {
  const { node, reading } = at;
  const translation = { ...reader.translation, reading };
  const given = (condition: ASTNode, holds: boolean): Reader => ({
    ...reader,
    translation,
    goals: [...reader.goals, { formula: formulaOf(condition, translation), holds }],
  });
  const go = (next: ASTNode, with_: Reader) => walk({ node: next, reading }, with_, found);
  switch (node.op) {
    case '&&':
    case '||': {
      const [left, right] = node.args;
      go(left, given(right, node.op === '&&'));
      go(right, given(left, node.op === '&&'));
      return;
    }
    case '?:': {
      const [condition, yes, no] = node.args;
      go(condition, reader);
      go(yes, given(condition, true));
      go(no, given(condition, false));
      return;
    }
    case 'call':
      if (node.args[0] === 'has') {
        const object = node.args[1][0] && fieldOf(node.args[1][0])?.object;
        if (object !== undefined) go(object, reader);
        return;
      }
      break;
    default:
      readAt(at, { ...reader, translation }, found);
  }
  for (const child of childrenOf(at)) walk(child, reader, found);
}

function readAt({ node, reading }: Visited, reader: Reader, found: Found): void {
  const read = fieldOf(node);
  if (read === null) return;
  const path = pathOf(node);
  if (path?.[0] === 'steps' && path[2] === 'output' && path.length === 3) {
    const id = path[1] ?? '';
    if (!found.skipped.has(id) && maySkip(id, reader)) {
      found.skipped.set(id, { offset: node.start, message: skippedMessage(id, node) });
    }
    return;
  }
  const known = knownOf(read.object, reading);
  if (known === null || known.some(({ unknown }) => unknown)) return;
  const objects = known.filter(({ kinds }) => kinds.has('object'));
  const key = textOf(node);
  if (objects.length === 0 || found.optional.has(key)) return;
  const isPromised = objects.some(
    (one) => requiredBy(one).has(read.field) || memberOf(one, read.field).said !== 'named',
  );
  if (isPromised || !mayLack(node, reader)) return;
  const expected = `expected has(${key}) to be asked before ${key} is read`;
  const why = 'found it read though its schema does not require it';
  const remedy = `write has(${key}) ? ${key} : …, or require it`;
  found.optional.set(key, { offset: node.start, message: `${expected}, ${why}; ${remedy}` });
}

function maySkip(id: string, { goals, translation, means, work }: Reader): boolean {
  const skipped: Goal = { formula: completed(id, translation), holds: false };
  return canHold([skipped, ...goals], means, work) === 'yes';
}

function mayLack(node: ASTNode, { goals, means, work }: Reader): boolean {
  return canHold([{ formula: isThere(node), holds: false }, ...goals], means, work) === 'yes';
}

function skippedMessage(id: string, node: ASTNode): string {
  const expected = `expected the status of ${id} to be asked before ${textOf(node)} is read`;
  const found = `found that ${id} may be skipped on this way`;
  return `${expected}, ${found}; write steps.${id}.status == 'completed' ? … : …`;
}
