import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import type { ExpressionType } from './types';

const LIMITS = { maxAstNodes: 1_000, maxDepth: 64, maxListElements: 200, maxMapEntries: 200 };

/** Arithmetic of JSON numbers (`double`) with whole literals, which CEL itself refuses. */
const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

function withOurFunctions(environment: Environment): Environment {
  // Linear in the text's length, whatever the pattern: the built-in `matches` is not.
  environment.registerFunction('string.re2(string): bool', (text: string, pattern: string) =>
    RE2JS.compile(pattern).matcher(text).find(),
  );
  for (const [sign, apply] of Object.entries(ARITHMETIC)) {
    const mixed = (a: number | bigint, b: number | bigint) => apply(Number(a), Number(b));
    environment.registerOperator(`double ${sign} int`, mixed);
    environment.registerOperator(`int ${sign} double`, mixed);
  }
  environment.registerOperator('double == int', (a: number, b: bigint) => a === Number(b));
  return environment;
}

/** Knows the types of everything an expression may name; finds mistakes before a run does. */
export function checkingEnvironment(
  variables: Readonly<Record<string, ExpressionType>>,
): Environment {
  const environment = withOurFunctions(
    new Environment({ limits: LIMITS, homogeneousAggregateLiterals: false }),
  );
  for (const [name, schema] of Object.entries(variables)) {
    if (typeof schema === 'string') environment.registerVariable(name, schema);
    else environment.registerVariable({ name, schema });
  }
  return environment;
}

/** Evaluates plain JSON, as it is. */
export const evaluating = withOurFunctions(
  new Environment({
    limits: LIMITS,
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
  }),
);

/** The tree of an expression; null when it can't be read. */
export function parseExpression(source: string): ASTNode | null {
  try {
    return evaluating.parse(source).ast;
  } catch {
    return null;
  }
}

/** Knows no types: it takes what was checked before, whatever was known then. */
export const untyped = checkingEnvironment({ run: 'dyn', steps: 'dyn', input: 'dyn' });
