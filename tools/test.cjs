// Runs jest on the Node of node_modules.
//   node tools/test.cjs                       all: unit, property and integration, then e2e
//   node tools/test.cjs unit|int|kafka|e2e    one speed
//   node tools/test.cjs all libs/core …       these projects; what follows -- goes to jest
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readFileSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const { build } = require('./build.cjs');
const { canStart } = require('./kafka/broker.cjs');
const { chosenProjects, filesBelow, projectFolders, root } = require('./projects.cjs');

const node = join(root, 'node_modules/node/bin/node');
const jest = join(root, 'node_modules/jest/bin/jest.js');
const reports = join(root, 'node_modules/.cache/fermata-tests');
/** Exit code of a run that was left out. */
const SKIPPED = 75;
const isEndToEnd = (project) => project === 'e2e';

const INTEGRATION = '\\.int\\.spec\\.ts$';
const KAFKA = '\\.kafka\\.spec\\.ts$';
const kafka = { name: 'kafka', keep: () => true, only: KAFKA, inBand: true, needsKafka: true };
const e2e = { name: 'e2e', keep: isEndToEnd, ignore: KAFKA, inBand: true };

const speeds = {
  unit: [{ name: 'unit', keep: (one) => !isEndToEnd(one), ignore: `${INTEGRATION}|${KAFKA}` }],
  int: [{ name: 'int', keep: (one) => !isEndToEnd(one), only: INTEGRATION }],
  kafka: [kafka],
  e2e: [e2e],
  all: [{ name: 'fast', keep: (one) => !isEndToEnd(one), ignore: KAFKA }, kafka, e2e],
};

/** Whether a project has specs that a run would take. */
function hasSpecs(project, { only = '\\.spec\\.ts$', ignore }) {
  return filesBelow(join(root, project, 'src'))
    .filter((file) => new RegExp(only).test(file))
    .some((file) => ignore === undefined || !new RegExp(ignore).test(file));
}

/** Runs one jest process, gives {passed, failed}; a crash without a report counts as failed. */
function runJest(run, projects, extra) {
  const chosen = projects.filter((project) => run.keep(project) && hasSpecs(project, run));
  if (chosen.length === 0) return { passed: 0, failed: 0 };
  const report = join(reports, `${run.name}-${process.pid}.json`);
  mkdirSync(reports, { recursive: true });
  const args = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', jest];
  // First: behind a list, jest takes a pattern of the caller's for one more of the list.
  args.push(...extra);
  args.push('--json', `--outputFile=${report}`, '--passWithNoTests');
  if (run.ignore) args.push('--testPathIgnorePatterns', run.ignore);
  if (run.only) args.push('--testPathPatterns', run.only);
  if (run.inBand) args.push('--runInBand');
  args.push('--projects', ...chosen.map((project) => join(root, project)));
  // jest prints its JSON to standard output too; only its summaries are for people.
  /** @type {import('node:child_process').SpawnSyncOptions} */
  const options = { cwd: root, stdio: ['inherit', 'ignore', 'inherit'] };
  const { status } = run.needsKafka ? withKafka(args, options) : spawnSync(node, args, options);
  return countTests(report, status);
}

/**
 * Runs jest with a Kafka: the one that KAFKA_BROKERS names, or one of its own. Without Java and
 * Maven these specs are skipped, loudly; where Kafka is required that is a failure.
 */
function withKafka(args, options) {
  if (process.env.KAFKA_BROKERS) return spawnSync(node, args, options);
  if (canStart())
    return spawnSync(node, [join(__dirname, 'kafka/with-broker.cjs'), ...args], options);
  const required = process.env.FERMATA_REQUIRE_KAFKA === '1';
  const text =
    'The specs on Kafka need KAFKA_BROKERS, or Java and Maven to start a broker; found none.';
  console.error(`\n*** ${text} They are ${required ? 'REQUIRED here' : 'SKIPPED'}. ***\n`);
  return { status: required ? 1 : SKIPPED };
}

function countTests(report, status) {
  if (status === SKIPPED) return { passed: 0, failed: 0 };
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
