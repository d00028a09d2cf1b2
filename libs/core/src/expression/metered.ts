import type { ASTNode } from '@marcbachmann/cel-js';
import type { Meter } from '../meter';
import { compilePattern } from '../pattern';
import { inCodePoints } from './code-points';
import { callSteps, equalitySteps, lengthSteps, membershipSteps, typeSteps } from './weights';

/** Whose steps are counted: set anew for each evaluation of an expression. */
export interface Counted {
  meter: Meter;
}

/** A node as the library evaluates it. */
interface Working {
  readonly op: string;
  readonly args: unknown;
  readonly meta: {
    evaluate: Evaluate;
    readonly alternate?: Working;
    readonly macro?: { evaluate: Evaluate };
  };
  /** What is done with the operands, once they have their values. */
  handle?: (...operands: unknown[]) => unknown;
}

type Evaluate = (evaluator: unknown, ast: unknown, context: unknown) => unknown;

/** A loop: what is done for each item of `iterable`. */
interface Loop {
  readonly iterable: unknown;
  readonly init: unknown;
  readonly step: Working;
  condition?: (result: unknown) => boolean;
}

/** Steps of one node, whatever it does. */
const NODE_STEPS = 1;
/** Steps of finding out what an operator or a function means for its operands. */
const OPERATION_STEPS = 4;
/** Steps of an error on the way: its text with the place, and where it was thrown. */
const ERROR_STEPS = 400;

/**
 * Makes an expression count its steps: those of its nodes when it begins, those of a loop's body at
 * each item, and what depends on the size of operands before it is done. Gives the first.
 */
export function countSteps(ast: ASTNode, counted: Counted): number {
  return isWorking(ast) ? countNode(ast, counted) : 0;
}

function isWorking(value: unknown): value is Working {
  return typeof value === 'object' && value !== null && 'op' in value && 'meta' in value;
}

function isLoop(args: unknown): args is Loop {
  return typeof args === 'object' && args !== null && 'iterable' in args && 'step' in args;
}

function countNode(node: Working, counted: Counted): number {
  const { alternate } = node.meta;
  if (alternate !== undefined) return NODE_STEPS + countNode(alternate, counted);
  if (isLoop(node.args)) {
    const body = NODE_STEPS + countNode(node.args.step, counted);
    countLoop(node, node.args, body, counted);
    const { iterable, init } = node.args;
    return NODE_STEPS + countAll([iterable, init], counted);
  }
  const steps = NODE_STEPS + countAll(node.args, counted);
  if (node.op === '||' || node.op === '&&') countErrorsOf(node.args, counted);
  countOperands(node, counted);
  return steps;
}

function countAll(args: unknown, counted: Counted): number {
  if (isWorking(args)) return countNode(args, counted);
  if (!Array.isArray(args)) return 0;
  let steps = 0;
  for (const one of args) steps += countAll(one, counted);
  return steps;
}

function countLoop(node: Working, loop: Loop, body: number, counted: Counted): void {
  const { condition } = loop;
  loop.condition = (result) => {
    counted.meter.spend(body);
    return condition === undefined || condition(result);
  };
  countError(loop.step, counted);
  const { handle } = node;
  if (handle === undefined) return;
  node.handle = (items, ...rest) => {
    counted.meter.spend(1 + (Array.isArray(items) ? 0 : typeSteps(items)));
    return handle(items, ...rest);
  };
}

/** The left side may fail, and the right one decide all the same. */
function countErrorsOf(args: unknown, counted: Counted): void {
  const left: unknown = Array.isArray(args) ? args[0] : undefined;
  if (isWorking(left)) countError(left, counted);
}

function countError(node: Working, counted: Counted): void {
  const { alternate, macro } = node.meta;
  if (alternate !== undefined) countError(alternate, counted);
  else {
    const of = macro ?? node.meta;
    const { evaluate } = of;
    of.evaluate = (evaluator, ast, context) =>
      counted.meter.orThrow(ERROR_STEPS, () => evaluate(evaluator, ast, context));
  }
}

function countOperands(node: Working, counted: Counted): void {
  const { op, handle, args } = node;
  if (handle === undefined) return;
  if (op === 'call' || op === 'rcall') {
    const name = Array.isArray(args) ? String(args[0]) : '';
    const find = name === 're2' ? finderOf(args, counted) : null;
    node.handle = (operands, ...rest) => {
      const all: readonly unknown[] = Array.isArray(operands) ? operands : [];
      let steps = OPERATION_STEPS + callSteps(name, all);
      for (const operand of all) steps += typeSteps(operand);
      counted.meter.spend(steps);
      // What is no text or no pattern is refused by the library, in its words.
      const found = find && find(all);
      return found ?? inCodePoints(name, all, (given) => handle(given, ...rest));
    };
    return;
  }
  const stepsOf = OPERATORS[op];
  if (stepsOf === undefined) return;
  node.handle = (left, right, ...rest) => {
    const steps = stepsOf(left, right) + typeSteps(left) + typeSteps(right);
    counted.meter.spend(OPERATION_STEPS + steps);
    return handle(left, right, ...rest);
  };
}

type Find = (operands: readonly unknown[]) => boolean | null;

/** A pattern that is written out is compiled once; one that a value gives, each time. */
function finderOf(args: unknown, counted: Counted): Find {
  const given: unknown = Array.isArray(args) && Array.isArray(args[2]) ? args[2][0] : null;
  const written = isWorking(given) && given.op === 'value' ? given.args : null;
  const known = typeof written === 'string' ? compilePattern(written) : null;
  return ([text, source]) => {
    if (typeof text !== 'string' || typeof source !== 'string') return null;
    const compiled = known ?? compilePattern(source, counted.meter);
    if (compiled.ok) return compiled.pattern.test(text, counted.meter);
    return compiled.isTooLarge ? counted.meter.stop(compiled.message) : null;
  };
}

const none = () => 0;
const both = (left: unknown, right: unknown) => lengthSteps(left) + lengthSteps(right);

const OPERATORS: Readonly<Record<string, (left: unknown, right: unknown) => number>> = {
  '==': equalitySteps,
  '!=': equalitySteps,
  in: membershipSteps,
  '+': both,
  '<': both,
  '<=': both,
  '>': both,
  '>=': both,
  '-': none,
  '*': none,
  '/': none,
  '%': none,
};
