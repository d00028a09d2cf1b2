// Runs jest on the Node of node_modules.
//   node tools/test.cjs                       all: unit, property and integration, then e2e
//   node tools/test.cjs unit|int|e2e          one speed
//   node tools/test.cjs all libs/core …       these projects; what follows -- goes to jest
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readFileSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const { build } = require('./build.cjs');
const { chosenProjects, filesBelow, projectFolders, root } = require('./projects.cjs');

const node = join(root, 'node_modules/node/bin/node');
const jest = join(root, 'node_modules/jest/bin/jest.js');
const reports = join(root, 'node_modules/.cache/fermata-tests');
const isEndToEnd = (project) => project === 'e2e';

const speeds = {
  unit: [{ name: 'unit', keep: (project) => !isEndToEnd(project), ignore: '\\.int\\.spec\\.ts$' }],
  int: [{ name: 'int', keep: (project) => !isEndToEnd(project), only: '\\.int\\.spec\\.ts$' }],
  e2e: [{ name: 'e2e', keep: isEndToEnd, inBand: true }],
  all: [
    { name: 'fast', keep: (project) => !isEndToEnd(project) },
    { name: 'e2e', keep: isEndToEnd, inBand: true },
  ],
};

function hasSpecs(project) {
  return filesBelow(join(root, project, 'src')).some((file) => file.endsWith('.spec.ts'));
}

/** Runs one jest process and returns {passed, failed}; a crash without a report counts as failed. */
function runJest(run, projects, extra) {
  const chosen = projects.filter((project) => run.keep(project) && hasSpecs(project));
  if (chosen.length === 0) return { passed: 0, failed: 0 };
  const report = join(reports, `${run.name}-${process.pid}.json`);
  mkdirSync(reports, { recursive: true });
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest];
  args.push('--json', `--outputFile=${report}`, '--passWithNoTests');
  if (run.ignore) args.push('--testPathIgnorePatterns', run.ignore);
  if (run.only) args.push('--testPathPatterns', run.only);
  if (run.inBand) args.push('--runInBand');
  args.push(...extra, '--projects', ...chosen.map((project) => join(root, project)));
  // jest prints its JSON to standard output too; only its summaries are for people.
  const { status } = spawnSync(node, args, { cwd: root, stdio: ['inherit', 'ignore', 'inherit'] });
  return countTests(report, status);
}

function countTests(report, status) {
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const result = JSON.parse(readFileSync(report, 'utf8'));
  rmSync(report);
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return { passed: result.numPassedTests, failed: Math.max(failed, status === 0 ? 0 : 1) };
}

/** Runs the tests of one speed in these projects and returns the sums. */
function runTests(speed, projects, extra) {
  const runs = speeds[speed];
  if (runs === undefined) {
    throw new Error(`Expected one of ${Object.keys(speeds).join(', ')}, found "${speed}".`);
  }
  return runs
    .map((run) => runJest(run, projects, extra))
    .reduce((sum, next) => ({
      passed: sum.passed + next.passed,
      failed: sum.failed + next.failed,
    }));
}

if (require.main === module) {
  const argv = process.argv.slice(2);
  const cut = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const [speed = 'all', ...names] = argv.slice(0, cut);
  // End-to-end tests and the PostgreSQL of the integration specs run what is built.
  build(projectFolders());
  const { passed, failed } = runTests(speed, chosenProjects(names), argv.slice(cut + 1));
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

module.exports = { runTests };
