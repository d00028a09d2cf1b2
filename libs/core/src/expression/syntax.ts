import type { ASTNode } from '@marcbachmann/cel-js';
import { compilePattern, type PatternRoom } from '../pattern';

const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
/** Three nested loops over 100 items take over half a second. */
const NESTED_LOOPS_MAX = 2;

/** What is wrong with an expression, and where in its text. */
export interface ExpressionProblem {
  readonly offset: number;
  readonly message: string;
}

/** What an expression reads. */
interface Names {
  readonly steps: readonly string[];
  readonly path: readonly string[] | null;
}

/** Ids of the steps an expression names, and its path if it is nothing but one. */
export function namesOf(ast: ASTNode): Names {
  const steps = new Set<string>();
  for (const { node } of walk(ast)) {
    const path = pathOf(node);
    if (path !== null && path[0] === 'steps' && path[1] !== undefined) steps.add(path[1]);
  }
  return { steps: [...steps], path: pathOf(ast) };
}

/** Of how many parts an expression is made. */
export function nodesOf(ast: ASTNode): number {
  let count = 0;
  for (const _ of walk(ast)) count += 1;
  return count;
}

/**
 * Why an expression that is valid CEL is refused all the same. Its patterns need room in its
 * definition, where that is asked.
 */
export function whyRefused(ast: ASTNode, patterns?: PatternRoom): ExpressionProblem | null {
  for (const { node, loops } of walk(ast)) {
    const called = callOf(node);
    if (called === 'matches') {
      const message = 'expected no matches(), whose time has no bound, found it; use text.re2(…)';
      return { offset: node.start, message };
    }
    if (loops > NESTED_LOOPS_MAX) {
      const found = `expected at most ${NESTED_LOOPS_MAX} nested loops, found ${loops}`;
      return { offset: node.start, message: `${found}; compute the value in a step` };
    }
    if (node.op === 'id' && node.args === 'cel') {
      const message = 'expected no cel.bind(), which can double a value again and again, found it';
      return { offset: node.start, message: `${message}; write the value out` };
    }
    if (called === 'json') {
      const message = 'expected no json(), whose value no check has seen, found it';
      return { offset: node.start, message: `${message}; read it in a step` };
    }
    if (node.op === 'id' && node.args === 'optional') {
      const message = 'expected a value that JSON has, found an optional one';
      return { offset: node.start, message: `${message}; write has(…) ? … : …` };
    }
    const pattern = patternOf(node);
    if (pattern !== null) {
      const compiled = patterns?.compile(pattern) ?? compilePattern(pattern);
      if (!compiled.ok) return { offset: node.start, message: compiled.message };
    }
    if (node.op === 'id' && node.args === 'steps' && !isNamed(ast, node)) {
      const message = 'expected steps.<id>, found all steps at once; name the step';
      return { offset: node.start, message };
    }
  }
  return null;
}

/** The pattern of `re2`, when it is written out. */
function patternOf(node: ASTNode): string | null {
  if (node.op !== 'rcall' || node.args[0] !== 're2') return null;
  const [given] = node.args[2];
  return given?.op === 'value' && typeof given.args === 'string' ? given.args : null;
}

/** Whether `steps` stands only where a step's id follows it. */
function isNamed(ast: ASTNode, id: ASTNode): boolean {
  for (const { node } of walk(ast)) {
    if (node.op === '.' && node.args[0] === id) return true;
  }
  return false;
}

function pathOf(node: ASTNode): string[] | null {
  if (node.op === 'id') return [node.args];
  if (node.op !== '.') return null;
  const parent = pathOf(node.args[0]);
  return parent === null ? null : [...parent, node.args[1]];
}

function callOf(node: ASTNode): string | null {
  return node.op === 'call' || node.op === 'rcall' ? node.args[0] : null;
}

function* walk(ast: ASTNode): Generator<{ readonly node: ASTNode; readonly loops: number }> {
  const open = [{ node: ast, loops: 0 }];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const loop = item.node.op === 'rcall' && LOOPS.has(item.node.args[0]) ? 1 : 0;
    const at = { node: item.node, loops: item.loops + loop };
    yield at;
    for (const node of childrenOf(item.node.args)) open.push({ node, loops: at.loops });
  }
}

function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}
