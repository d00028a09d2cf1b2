// The house checks itself: what no compiler sees. Each rule prints what it expected and found.
//   node tools/house-check.cjs
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { basename, dirname, join, relative, resolve } = require('node:path');
const { sleepingRules } = require('./awake-rules.cjs');
const { build } = require('./build.cjs');
const { importCycles } = require('./import-cycles.cjs');
const { dependenciesAreUsed, installScriptsAreKnown } = require('./dependencies.cjs');
const { drifted } = require('./reference.cjs');
const { filesBelow, projectFolders, root } = require('./projects.cjs');
const { staleSnippets } = require('./snippets.cjs');
const { widthsAreStated } = require('./widths.cjs');
const { wordsHaveOneMeaning } = require('./words.cjs');

const read = (path) => readFileSync(join(root, path), 'utf8');
const filesIn = (folder) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []);

/** Every code has its page, and every page its code. */
function codesHavePages() {
  const text = read('libs/contracts/src/error-codes.ts');
  const block = text.slice(text.indexOf('ERROR_CODES = {'), text.indexOf('} as const satisfies'));
  const codes = [...block.matchAll(/^ {2}([A-Z_]+): /gm)].map((match) => match[1]);
  const pages = filesIn('docs/reference/errors').map((file) => basename(file, '.md'));
  return [
    ...codes
      .filter((code) => !pages.includes(code))
      .map((code) => `expected docs/reference/errors/${code}.md, found none`),
    ...pages
      .filter((page) => page !== 'README' && !codes.includes(page))
      .map((page) => `expected a code for docs/reference/errors/${page}.md, found none`),
  ];
}

/** Numbers of decisions run from 0001 without a gap or a double. */
function decisionsAreNumbered() {
  const files = filesIn('docs/adr')
    .filter((file) => file !== 'README.md')
    .sort();
  return files.flatMap((file, index) => {
    const number = String(index + 1).padStart(4, '0');
    return file.startsWith(`${number}-`) ? [] : [`expected docs/adr/${number}-…, found ${file}`];
  });
}

const ENTRIES =
  /(?:index|main|check-modules|main-job|on-kafka|start-telemetry)\.ts$|\.(?:spec|fixture)\.ts$|\/migrations\//;

/** Every source file is imported by another, or is an entry. */
function noFileIsOrphan() {
  // A file that only declares the types of a package is referred to, not imported.
  const IMPORTS = /(?:from '|<reference path=")(\.[^'"]+)/g;
  const sources = projectFolders()
    .flatMap((project) => filesBelow(join(root, project, 'src')))
    .filter((file) => file.endsWith('.ts'));
  const imported = new Set();
  for (const file of sources) {
    for (const [, target] of readFileSync(file, 'utf8').matchAll(IMPORTS)) {
      imported.add(resolve(dirname(file), target).replace(/\.ts$/, ''));
    }
  }
  const orphans = sources.filter(
    (file) => !ENTRIES.test(file) && !imported.has(file.replace(/\.ts$/, '')),
  );
  return orphans.map(
    (file) => `expected ${relative(root, file)} to be imported, found that nothing does`,
  );
}

/** Links between pages lead somewhere. */
function linksLead() {
  const pages = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md'].map((page) => join(root, page));
  pages.push(...filesBelow(join(root, 'docs')).filter((file) => file.endsWith('.md')));
  return pages
    .filter(existsSync)
    .flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .filter(([, target]) => !existsSync(resolve(dirname(page), target)))
        .map(
          ([, target]) => `expected ${relative(root, page)} to link to a file, found no ${target}`,
        ),
    );
}

const CASES = 'docs/explanation/fault-cases.md';

/** The table of faults names tests and faults of the simulator that are there. */
function casesAreHeld() {
  const text = read(CASES);
  const tests = [...text.matchAll(/`([^`]+\.(?:spec|fixture)\.ts)`((?: "[^"]+")+)/g)].flatMap(
    ([, file, titles]) => [...titles.matchAll(/"([^"]+)"/g)].map(([, title]) => [file, title]),
  );
  const faults = [...text.matchAll(/simulator: (`\w+`(?:, `\w+`)*)/g)].flatMap(([, names]) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  const known = read('sim/src/faults.ts') + read('sim/src/scenario.ts');
  return [
    ...tests
      .filter(([file, title]) => !existsSync(join(root, file)) || !read(file).includes(title))
      .map(([file, title]) => `expected "${title}" in ${file}, as ${CASES} says, found none`),
    ...faults
      .filter((name) => !new RegExp(`\\b${name}\\b`).test(known))
      .map((name) => `expected a fault "${name}" of the simulator, as ${CASES} says, found none`),
  ];
}

/** What is generated from the contracts is what they say today. */
function referenceIsCurrent() {
  build(projectFolders());
  return drifted();
}

/** A lock names packages and hashes, not the registry that a developer used. */
function lockNamesNoRegistry() {
  const found = [...read('package-lock.json').matchAll(/"resolved": "(https?:[^"]+)"/g)];
  return found.map(([, url]) => `expected no address in package-lock.json, found ${url}`);
}

const GOLDEN = 'libs/core/src/golden';

/**
 * Logs that a release has written are only added: each file has the hash that it was recorded
 * with, and, as far as git knows its past, none was ever changed or taken away.
 */
function goldensAreKept() {
  const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
  const recorded = JSON.parse(read(`${GOLDEN}/manifest.json`));
  const there = filesBelow(join(root, GOLDEN)).map((file) => relative(join(root, GOLDEN), file));
  const ofReleases = there.filter((file) => /^\d/.test(file));
  const past = ['log', '--diff-filter=DMRT', '--format=', '--name-only', '--', `${GOLDEN}/[0-9]*`];
  const { status, stdout } = spawnSync('git', past, { cwd: root, encoding: 'utf8' });
  const changed = status === 0 ? stdout.split('\n').filter((line) => line !== '') : [];
  return [
    ...Object.entries(recorded)
      .filter(([file]) => !ofReleases.includes(file))
      .map(([file]) => `expected ${GOLDEN}/${file}, found that it is gone; bring it back`),
    ...ofReleases
      .filter((file) => recorded[file] !== hashOf(join(root, GOLDEN, file)))
      .map((file) => `expected ${GOLDEN}/${file} as it was recorded, found other content`),
    ...changed.map((file) => `expected ${file} to be only added, found a commit that changes it`),
  ];
}

const RULES = {
  sleepingRules,
  importCycles,
  codesHavePages,
  decisionsAreNumbered,
  noFileIsOrphan,
  linksLead,
  casesAreHeld,
  lockNamesNoRegistry,
  goldensAreKept,
  dependenciesAreUsed,
  installScriptsAreKnown,
  referenceIsCurrent,
  staleSnippets,
  wordsHaveOneMeaning,
  widthsAreStated,
};

async function main() {
  const problems = [];
  for (const [name, rule] of Object.entries(RULES)) {
    for (const problem of await rule()) problems.push(`${name}: ${problem}`);
  }
  for (const problem of problems) console.error(problem);
  console.log(`house: ${problems.length === 0 ? 'ok' : `${problems.length} problems`}`);
  process.exit(problems.length === 0 ? 0 : 1);
}

void main();
