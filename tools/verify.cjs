// Exactly what CI runs: types, lint with the walls between rooms, format, the house, 2,000 seeds of
// the simulator, and all tests.
// Every check counts as one; the last line is `N passed, N failed`.
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { build } = require('./build.cjs');
const { projectFolders, root } = require('./projects.cjs');
const { runTests } = require('./test.cjs');

const node = join(root, 'node_modules/node/bin/node');
/** @type {[string, [string, ...string[]]][]} */
const CHECKS = [
  ['types', ['tools/typecheck.cjs']],
  ['lint', ['tools/lint.cjs']],
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.']],
  ['house', ['tools/house-check.cjs']],
  ['simulation', ['sim/dist/main.js', '--seeds', '2000']],
];

function passes([name, [program, ...args]]) {
  const started = Date.now();
  const { status } = spawnSync(node, [join(root, program), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  console.log(
    `${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(1)} s`,
  );
  return status === 0;
}

build(projectFolders());
const passed = CHECKS.filter(passes).length;
const tests = runTests('all', projectFolders(), []);
const failed = CHECKS.length - passed + tests.failed;
console.log(`${passed + tests.passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
