import { canonicalJson } from '@fermata/contracts';
import type { ASTNode } from '@marcbachmann/cel-js';
import { textsOf, type Alternative } from '../handoff/alternatives';
import { bounded, NOTHING_KNOWN, oneOf, type Formula, type Knowledge, type Term } from './formula';
import { keyOf } from './key';
import { knownOf, listedIn, literalOf, pathOf, unwrapped, type Reading } from './reading';

/** How the conditions of a definition become formulas. */
export interface Translation {
  readonly reading: Reading;
  /** Index of a step by its id. */
  readonly indexOf: ReadonlyMap<string, number>;
}

/** A condition as a formula. Whatever can't be worked out is a value that may be true or false. */
export function formulaOf(given: ASTNode, translation: Translation): Formula {
  const node = unwrapped(given);
  const of = (one: ASTNode) => formulaOf(one, translation);
  switch (node.op) {
    case '&&':
      return { op: 'and', parts: node.args.map(of) };
    case '||':
      return { op: 'or', parts: node.args.map(of) };
    case '!_':
      return not(of(node.args));
    case '?:': {
      const [condition, yes, no] = [of(node.args[0]), of(node.args[1]), of(node.args[2])];
      const parts: Formula[] = [and(condition, yes), and(not(condition), no)];
      return { op: 'or', parts };
    }
    case '==':
      return equals(node, node.args, translation);
    case '!=':
      return not(equals(node, node.args, translation));
    case 'in':
      return isIn(node, node.args, translation);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compares(node, node.op, node.args, translation);
    case 'call':
      if (node.args[0] === 'has') return has(node, node.args[1][0], translation);
      return truth(node, translation);
    case 'value':
      return typeof node.args === 'boolean'
        ? { op: 'always', value: node.args }
        : truth(node, translation);
    default:
      return truth(node, translation);
  }
}

/** Whether a step was completed. */
export function completed(id: string, translation: Translation): Formula {
  return { op: 'is', term: statusTerm(id, translation), values: ['"completed"'] };
}

function and(...parts: Formula[]): Formula {
  return { op: 'and', parts };
}

function not(part: Formula): Formula {
  return { op: 'not', part };
}

function truth(node: ASTNode, translation: Translation): Formula {
  return { op: 'is', term: termOf(node, translation), values: ['true'] };
}

type Pair = readonly [ASTNode, ASTNode];

function equals(node: ASTNode, [left, right]: Pair, translation: Translation): Formula {
  const [one, other] = [literalOf(left), literalOf(right)];
  if (one !== undefined && other !== undefined) {
    return { op: 'always', value: canonicalJson(one) === canonicalJson(other) };
  }
  if (one === undefined && other === undefined) return truth(node, translation);
  const term = termOf(one === undefined ? left : right, translation);
  return { op: 'is', term, values: [canonicalJson(one ?? other ?? null)] };
}

function isIn(node: ASTNode, [item, list]: Pair, translation: Translation): Formula {
  if (list.op !== 'list') return truth(node, translation);
  const literals = list.args.map(literalOf);
  if (literals.some((one) => one === undefined)) return truth(node, translation);
  const values = literals.map((one) => canonicalJson(one ?? null));
  const own = literalOf(item);
  if (own !== undefined) return { op: 'always', value: values.includes(canonicalJson(own)) };
  return { op: 'is', term: termOf(item, translation), values };
}

function compares(
  node: ASTNode,
  op: '<' | '<=' | '>' | '>=',
  [left, right]: Pair,
  translation: Translation,
): Formula {
  const [one, other] = [literalOf(left), literalOf(right)];
  const isLess = op === '<' || op === '<=';
  const orEqual = op === '<=' || op === '>=';
  if (typeof one === 'number' && typeof other === 'number') {
    const value = isLess ? one < other : one > other;
    return { op: 'always', value: value || (orEqual && one === other) };
  }
  // `a > 5` is what `a <= 5` is not; `5 < a` is the same the other way round.
  if (typeof other === 'number') {
    const less: Formula = {
      op: 'less',
      term: termOf(left, translation),
      bound: other,
      orEqual: isLess ? orEqual : !orEqual,
    };
    return isLess ? less : not(less);
  }
  if (typeof one === 'number') {
    const less: Formula = {
      op: 'less',
      term: termOf(right, translation),
      bound: one,
      orEqual: isLess ? !orEqual : orEqual,
    };
    return isLess ? not(less) : less;
  }
  return truth(node, translation);
}

function has(node: ASTNode, read: ASTNode | undefined, translation: Translation): Formula {
  const path = read && pathOf(read);
  if (path?.[0] !== 'steps' || path[2] !== 'output') return truth(node, translation);
  const isThere = completed(path[1] ?? '', translation);
  return path.length === 3 ? isThere : and(isThere, truth(node, translation));
}

/** Whether an expression asked, with `has( )`, for what a node reads. */
export function isThere(node: ASTNode): Formula {
  const term: Term = {
    key: `has(${keyOf(node)})`,
    known: NOTHING_KNOWN,
    statusOf: null,
  };
  return { op: 'is', term, values: ['true'] };
}

function termOf(given: ASTNode, translation: Translation): Term {
  const node = unwrapped(given);
  const path = pathOf(node);
  if (path?.[0] === 'steps' && path[2] === 'status' && path.length === 3) {
    return statusTerm(path[1] ?? '', translation);
  }
  const known = knowledgeOf(knownOf(node, translation.reading));
  return { key: keyOf(node), known, statusOf: null };
}

function statusTerm(id: string, { reading, indexOf }: Translation): Term {
  const known = knowledgeOf(reading.status);
  return { key: `steps.${id}.status`, known, statusOf: indexOf.get(id) ?? null };
}

function knowledgeOf(known: readonly Alternative[] | null): Knowledge {
  const listed = listedIn(known);
  if (listed !== null) return oneOf([...textsOf(listed)]);
  if (known === null || known.length === 0) return NOTHING_KNOWN;
  const ranges = known.map(rangeOf);
  const [first, ...rest] = ranges;
  return rest.reduce((all, one) => widest(all, one), first ?? NOTHING_KNOWN);
}

function rangeOf({ parts, kinds, unknown }: Alternative): Knowledge {
  const isNumber = [...kinds].every((kind) => kind === 'number' || kind === 'integer');
  if (!isNumber || unknown) return NOTHING_KNOWN;
  let range: Knowledge = NOTHING_KNOWN;
  for (const { schema } of parts) {
    for (const [keyword, orEqual, holds] of BOUNDS) {
      const bound = schema[keyword];
      if (typeof bound === 'number') range = bounded(range, { bound, orEqual }, holds) ?? range;
    }
  }
  return range;
}

const BOUNDS = [
  ['minimum', false, false],
  ['exclusiveMinimum', true, false],
  ['maximum', true, true],
  ['exclusiveMaximum', false, true],
] as const;

function widest(one: Knowledge, other: Knowledge): Knowledge {
  return {
    ...NOTHING_KNOWN,
    least: Math.min(one.least, other.least),
    most: Math.max(one.most, other.most),
  };
}
