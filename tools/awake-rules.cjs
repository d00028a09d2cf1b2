// Code that must not pass, each with the rule that must catch it: a rule that sleeps is no rule.
// The code stands in for that of a file that is there, since rules that need types look it up.
const { ESLint } = require('eslint');
const { makeGraph } = require('./lint.cjs');
const { root } = require('./projects.cjs');

const WALLS = '@nx/enforce-module-boundaries';
const FORBIDDEN = [
  ['libs/core/src/index.ts', "import '@fermata/log';", WALLS],
  ['libs/contracts/src/index.ts', "import '@fermata/core';", WALLS],
  ['libs/log/src/index.ts', "import '@fermata/service';", WALLS],
  ['apps/gateway/src/index.ts', "import '@fermata/scheduler';", WALLS],
  ['apps/gateway/src/index.ts', "import '@fermata/testing';", 'no-restricted-imports'],
  ['libs/core/src/index.ts', "import 'node:fs';", 'no-restricted-imports'],
  ['libs/core/src/steps/kinds.ts', "import '../run/state';", 'no-restricted-imports'],
  ['libs/core/src/index.ts', 'export const now = Date.now();', 'no-restricted-globals'],
  ['libs/core/src/index.ts', 'export const dice = Math.random();', 'no-restricted-properties'],
  [
    'libs/core/src/index.ts',
    "export const fail = () => { throw new Error('x'); };",
    'no-restricted-syntax',
  ],
  ['libs/core/src/index.ts', 'export const wait = async () => 1;', 'no-restricted-syntax'],
  ['libs/log/src/memory.spec.ts', 'setTimeout(() => undefined, 1);', 'no-restricted-globals'],
  ['apps/agent-runner/src/index.ts', 'setTimeout(() => undefined, 1);', 'no-restricted-globals'],
  ['apps/scheduler/src/index.ts', "import 'node:timers/promises';", 'no-restricted-imports'],
  ['apps/scheduler/src/index.ts', 'AbortSignal.timeout(1);', 'no-restricted-properties'],
  ['libs/log/src/index.ts', 'export const a = 1;\n'.repeat(301), 'max-lines'],
  [
    'apps/scheduler/src/index.ts',
    'export const read = (text: string): string => JSON.parse(text);',
    '@typescript-eslint/no-unsafe-return',
  ],
  [
    'apps/scheduler/src/index.ts',
    'const wait = async () => 1;\nexport const begin = () => { wait(); };',
    '@typescript-eslint/no-floating-promises',
  ],
  [
    'apps/scheduler/src/index.ts',
    "export const say = (one: 'a' | 'b') => { switch (one) { case 'a': return; } };",
    '@typescript-eslint/switch-exhaustiveness-check',
  ],
  ['tools/words.cjs', 'const unused = 1;', 'no-unused-vars'],
  ['tools/words.cjs', 'module.exports = (one) => one == 1;', 'eqeqeq'],
  [
    'tools/words.cjs',
    'const wait = async () => 1;\nmodule.exports = () => { wait(); };',
    '@typescript-eslint/no-floating-promises',
  ],
  ['jest.preset.cjs', 'let one = 1;\nmodule.exports = one;', 'prefer-const'],
];

/** Says which rule lets pass what it must catch. */
async function sleepingRules() {
  makeGraph();
  process.env.NX_DAEMON = 'false';
  // Else the rules that need types would see the file as it is, not the code in its place.
  process.env.TSESTREE_SINGLE_RUN = 'false';
  const linter = new ESLint({ cwd: root });
  const problems = [];
  for (const [filePath, code, rule] of FORBIDDEN) {
    const [{ messages }] = await linter.lintText(`${code}\n`, { filePath });
    const found = messages.filter(({ severity }) => severity === 2).map(({ ruleId }) => ruleId);
    if (found.includes(rule)) continue;
    const text = code.slice(0, 50);
    problems.push(`expected ${rule} to refuse "${text}" in ${filePath}, found ${found}`);
  }
  return problems;
}

module.exports = { sleepingRules };
