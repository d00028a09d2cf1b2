import { canonicalJson, shorten, type Json } from '@fermata/contracts';
import type { ASTNode } from '@marcbachmann/cel-js';
import { nearest } from '../graph/order';
import { textsOf } from '../handoff/alternatives';
import { itemsOf } from '../handoff/members';
import { knownOf, listedIn, literalOf, visit, type Reading, type Visited } from './reading';
import { canHold, type Work } from './solve';
import { formulaOf, type Translation } from './translate';

/** What is wrong with a part of an expression, and where in its text. */
export interface Finding {
  readonly offset: number;
  readonly message: string;
}

/** Values of a list that a message shows, and the characters of each. */
const SHOWN_MAX = 12;
const SHOWN_CHARS = 80;
/** Longer texts are compared with no others, to tell which of them was meant. */
const MEANT_CHARS_MAX = 40;
/** What is told of one expression: more than anyone corrects at once. */
const FINDINGS_MAX = 50;

/** Comparisons with a value that the other side never is. */
export function outsideLists(ast: ASTNode, reading: Reading): readonly Finding[] {
  const found: Finding[] = [];
  for (const at of visit(ast, reading)) {
    found.push(...comparisonsAt(at));
    if (found.length >= FINDINGS_MAX) break;
  }
  return found.slice(0, FINDINGS_MAX);
}

function comparisonsAt({ node, reading }: Visited): readonly Finding[] {
  if (node.op === '==' || node.op === '!=') {
    const [left, right] = node.args;
    return [...compared(left, [right], reading), ...compared(right, [left], reading)];
  }
  if (node.op !== 'in') return [];
  const [item, list] = node.args;
  if (list.op === 'list') return compared(item, list.args, reading);
  const items = knownOf(list, reading);
  if (items === null || !items.every(({ kinds }) => kinds.size === 1 && kinds.has('array'))) {
    return [];
  }
  return against(listedIn(items.flatMap(itemsOf)), list, [item]);
}

function compared(
  operand: ASTNode,
  others: readonly ASTNode[],
  reading: Reading,
): readonly Finding[] {
  return against(listedIn(knownOf(operand, reading)), operand, others);
}

function against(
  listed: readonly Json[] | null,
  operand: ASTNode,
  others: readonly ASTNode[],
): readonly Finding[] {
  // Two literals compare the same way in each run: that is told of the condition.
  if (listed === null || literalOf(operand) !== undefined) return [];
  const allowed = textsOf(listed);
  return others.flatMap((other) => {
    const value = literalOf(other);
    if (value === undefined || allowed.has(canonicalJson(value))) return [];
    const expected = `expected ${shown(listed)} to compare with ${textOf(operand)}`;
    const found = `found ${canonicalJson(value)}, which it never is`;
    const message = `${expected}, ${found}; ${advice(value, listed)}`;
    return [{ offset: other.start, message }];
  });
}

function shown(listed: readonly Json[]): string {
  const texts = listed
    .slice(0, SHOWN_MAX)
    .map((value) => shorten(canonicalJson(value), SHOWN_CHARS));
  const more = listed.length > SHOWN_MAX ? ', …' : '';
  return texts.length === 1 ? (texts[0] ?? '') : `one of ${texts.join(', ')}${more}`;
}

function advice(value: Json, listed: readonly Json[]): string {
  const other = 'compare with one of these';
  if (typeof value !== 'string' || value.length > MEANT_CHARS_MAX) return other;
  const texts = listed.filter(
    (one): one is string => typeof one === 'string' && one.length <= MEANT_CHARS_MAX,
  );
  if (texts.length === 0) return other;
  return `did you mean ${canonicalJson(nearest(value, texts))}?`;
}

/** The characters of an expression that a node stands for. */
export function textOf({ input, start, end }: ASTNode): string {
  return shorten(input.slice(start, end), SHOWN_CHARS);
}

/** Conditions of an expression whose answer is known before any run. */
export function constantConditions(
  ast: ASTNode,
  translation: Translation,
  { isCondition, work }: { readonly isCondition: boolean; readonly work: Work },
): readonly Finding[] {
  const own = isCondition ? constant(ast, translation, work, 'the step or rule') : [];
  if (own.length > 0) return own;
  return [...visit(ast, translation.reading)].flatMap(({ node, reading }) =>
    node.op === '?:'
      ? constant(node.args[0], { ...translation, reading }, work, 'one of the two values')
      : [],
  );
}

function constant(
  node: ASTNode,
  translation: Translation,
  work: Work,
  useless: string,
): readonly Finding[] {
  const formula = formulaOf(node, translation);
  const may = (holds: boolean) => canHold([{ formula, holds }], () => [], work) !== 'no';
  const expected = 'expected a condition that can be true and can be false';
  const found = (never: string) => `${expected}, found ${textOf(node)}, which is never ${never}`;
  if (!may(true)) {
    return [{ offset: node.start, message: `${found('true')}; correct it, or remove ${useless}` }];
  }
  if (may(false)) return [];
  return [{ offset: node.start, message: `${found('false')}; correct it, or remove it` }];
}
