// Sizes, types and the walls of the house (design in ARCHITECTURE.md). tools/lint.cjs runs it, with
// the project graph that the walls need.
import nx from '@nx/eslint-plugin';
import { builtinRules } from 'eslint/use-at-your-own-risk';
import tseslint from 'typescript-eslint';

const layer = (name, mayUse) => ({
  sourceTag: `layer:${name}`,
  onlyDependOnLibsWithTags: mayUse.map((one) => `layer:${one}`),
});
const PURE = [
  'zod',
  '@marcbachmann/cel-js',
  'ajv',
  'ajv-formats',
  're2js',
  '@noble/hashes',
  'fast-check',
];
const LIBS = ['contracts', 'core', 'log', 'read-model', 'service', 'sdk'];

const WALLS = [
  { ...layer('contracts', []), allowedExternalImports: ['zod', 'fast-check'] },
  {
    ...layer('core', ['contracts']),
    allowedExternalImports: PURE.concat('ajv/*', '@noble/hashes/*'),
  },
  layer('log', ['contracts']),
  layer('read-model', ['contracts']),
  layer('service', ['contracts', 'log']),
  layer('testing', ['contracts', 'core', 'log']),
  layer('sdk', ['contracts', 'core', 'log', 'testing']),
  layer('cli', ['contracts', 'core', 'log', 'sdk', 'composition']),
  layer('app', [...LIBS, 'testing']),
  layer('composition', [...LIBS, 'app']),
  layer('harness', ['*']),
].map((wall) =>
  wall.sourceTag === 'layer:harness' ? { ...wall, onlyDependOnLibsWithTags: ['*'] } : wall,
);

const TIMERS = ['setTimeout', 'setInterval'].map((name) => ({
  name,
  message: 'Use after() or pause() of @fermata/service: they wait for any time.',
}));

const SIZES = {
  'max-lines': ['error', { max: 300 }],
  'max-lines-per-function': ['error', { max: 70 }],
  'max-len': [
    'error',
    {
      code: 100,
      ignoreUrls: true,
      ignoreStrings: true,
      ignoreTemplateLiterals: true,
      ignoreRegExpLiterals: true,
    },
  ],
};

const ts = (names, level = 'error') =>
  Object.fromEntries(names.map((name) => [`@typescript-eslint/${name}`, level]));

const NO_ANY = [
  'no-unsafe-argument',
  'no-unsafe-assignment',
  'no-unsafe-call',
  'no-unsafe-member-access',
  'no-unsafe-return',
];

/** What only shows when types are known: `any` that spreads, promises that nobody waits for. */
const TYPED = {
  ...ts([
    ...NO_ANY,
    'no-unsafe-enum-comparison',
    'no-unsafe-unary-minus',
    'no-floating-promises',
    'no-misused-promises',
    'await-thenable',
    'only-throw-error',
    'no-base-to-string',
    'no-array-delete',
    'no-for-in-array',
    'no-implied-eval',
    'no-deprecated',
    'no-duplicate-type-constituents',
    'no-redundant-type-constituents',
    'no-unnecessary-type-arguments',
    'no-unnecessary-type-assertion',
    'restrict-plus-operands',
  ]),
  // In a try a promise is awaited, or its failure goes past the catch.
  '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
  // What was caught, or a signal's reason, is passed on as it came.
  '@typescript-eslint/prefer-promise-reject-errors': [
    'error',
    { allowThrowingAny: true, allowThrowingUnknown: true },
  ],
  // A default that does nothing is said, so it counts; a switch without one names every case.
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true },
  ],
};

/** What ESLint itself recommends; names that nothing declares are the type check's to find. */
const RECOMMENDED = Object.fromEntries(
  [...builtinRules]
    .filter(([name, { meta }]) => meta.docs.recommended && name !== 'no-undef')
    .map(([name]) => [name, 'error']),
);

export default tseslint.config(
  {
    ignores: ['**/node_modules/**', '**/dist/**', '**/.nx/**', '**/.fermata/**', '**/*.mjs'],
  },
  {
    // Plain programs: tools, and what starts before anything is built.
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs' },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...RECOMMENDED,
      ...SIZES,
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_$' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      'prefer-template': 'error',
      'no-warning-comments': 'error',
      'no-throw-literal': 'error',
      'no-return-assign': 'error',
      strict: ['error', 'never'],
      eqeqeq: 'error',
    },
  },
  {
    files: ['tools/**/*.cjs'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: 'tools/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: { ...TYPED, ...ts(NO_ANY, 'off') },
  },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: 'tsconfig.lint.json', tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@nx': nx, '@typescript-eslint': tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...SIZES,
      '@nx/enforce-module-boundaries': [
        'error',
        { allow: [], depConstraints: WALLS, checkNestedExternalImports: true },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_$' },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', prefer: 'type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/ban-ts-comment': 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
      'no-warning-comments': 'error',
    },
  },
  { files: ['**/*.ts'], rules: TYPED },
  // A test reads answers as they come: one that has another shape fails it, and matchers are `any`.
  { files: ['**/*.spec.ts', '**/*.fixture.ts'], rules: ts(NO_ANY, 'off') },
  {
    files: ['**/*.spec.ts', '**/*.fixture.ts'],
    rules: {
      'max-lines': ['error', { max: 600 }],
      'max-lines-per-function': 'off',
      // Only conditions and positions are waited for.
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval'],
    },
  },
  { files: ['bench/src/main.ts'], rules: { 'no-console': 'off' } },
  { files: ['apps/*/src/*-loop.ts'], rules: { 'max-lines': ['error', { max: 199 }] } },
  {
    files: ['apps/*/src/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/*.fixture.ts'],
    rules: { 'no-restricted-imports': ['error', '@fermata/testing'] },
  },
  {
    // Durations of users come here, and the platform's timers take 90 days for a millisecond.
    files: ['apps/{agent-runner,approval-service,audit-projector,scheduler}/src/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/*.fixture.ts'],
    rules: {
      'no-restricted-globals': ['error', ...TIMERS],
      'no-restricted-imports': [
        'error',
        '@fermata/testing',
        'timers',
        'node:timers',
        'timers/promises',
        'node:timers/promises',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'AbortSignal', property: 'timeout', message: 'Use after() of @fermata/service.' },
        {
          object: 'globalThis',
          property: 'setTimeout',
          message: 'Use after() of @fermata/service.',
        },
      ],
    },
  },
  {
    // Time, chance and the world are inputs of the core, never something that it reaches for.
    files: ['libs/core/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'Date',
        'Intl',
        'crypto',
        'process',
        'performance',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'fetch',
      ],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random' }],
      'no-restricted-imports': ['error', { patterns: ['node:*'] }],
    },
  },
  {
    // Kinds of steps answer with values: they know nothing of runs and emit nothing.
    files: ['libs/core/src/steps/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: ['node:*', '**/run/*', '**/run', '**/partition/*'] },
      ],
    },
  },
  {
    files: ['libs/core/src/**/*.ts'],
    // A bug, and an author's work without an end: nothing else may be thrown.
    ignores: ['**/*.spec.ts', 'libs/core/src/invariant.ts', 'libs/core/src/meter.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ThrowStatement',
          message: 'The core answers with a rejection; a bug goes through invariant().',
        },
        { selector: ':function[async=true]', message: 'The core decides at once: no await.' },
      ],
    },
  },
);
