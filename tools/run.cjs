// What `npm start` and `npm test` do, on any machine with Node and npm: install what is missing,
// build what changed, and go on with the Node of node_modules. Plain Node, no dependencies.
//   node tools/run.cjs start [--auto …]    the loan example on the embedded default
//   node tools/run.cjs start:kafka         the services as processes over a real Kafka
//   node tools/run.cjs test [unit|int|e2e] the tests
//   node tools/run.cjs verify              what CI runs
//   node tools/run.cjs bench [--quick …]   the measurements of bench/
//   node tools/run.cjs sim [--seed N …]    the simulator of sim/
//   node tools/run.cjs golden RELEASE […]  records the logs that later releases must fold as today
const { spawn, spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const node = join(root, 'node_modules/node/bin/node');
const stampFile = join(root, 'node_modules/.fermata-lock');

/** Hash of what decides what is installed. */
function stamp() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** Whether what the lock file says is there, by our own stamp or by an npm ci that came later. */
function isInstalled() {
  if (!existsSync(node)) return false;
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp()) return true;
  const installed = join(root, 'node_modules/.package-lock.json');
  const changedAtMs = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);
  return changedAtMs(installed) > changedAtMs(join(root, 'package-lock.json'));
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Installs from the lock file; takes about a minute, once. */
function install() {
  if (isInstalled()) return;
  process.stdout.write('Installing packages from the lock file (about a minute, once) …\n');
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  const { status } = spawnSync(command, [...args, 'ci', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0)
    fail('Expected npm ci to succeed, found that it failed; see its messages above.');
  if (!existsSync(node)) {
    fail('Expected the package "node" to bring its program, found none; allow its install script.');
  }
  writeFileSync(stampFile, stamp());
}

function build() {
  const { status } = spawnSync(node, [join(root, 'tools/build.cjs')], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) fail('Expected the build to succeed, found that it failed; see above.');
}

/** Runs a program to its end; Ctrl-C is its business, its exit code is ours. */
function run(args) {
  const child = spawn(node, args, { cwd: root, stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the child too; one signal is enough.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

const [what = 'start', ...rest] = process.argv.slice(2);
install();
build();
if (what === 'start') run([join(root, 'examples/loan-approval/dist/main-job.js'), ...rest]);
else if (what === 'start:kafka')
  run([join(root, 'examples/loan-approval/dist/on-kafka.js'), ...rest]);
else if (what === 'test')
  run([join(root, 'tools/test.cjs'), ...(rest.length > 0 ? rest : ['all'])]);
else if (what === 'verify') run([join(root, 'tools/verify.cjs')]);
else if (what === 'bench') run([join(root, 'bench/dist/main.js'), ...rest]);
else if (what === 'sim') run([join(root, 'sim/dist/main.js'), ...rest]);
else if (what === 'golden') run([join(root, 'e2e/dist/golden/main.js'), ...rest]);
else fail(`Expected start, test, verify, bench, sim or golden, found "${what}".`);
