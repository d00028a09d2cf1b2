// What a package says that it needs is what its files import, no more and no less; and programs
// that packages run when they are installed are the ones that somebody has looked at.
const { existsSync, readFileSync } = require('node:fs');
const { isBuiltin } = require('node:module');
const { join } = require('node:path');
const ts = require('typescript');
const { filesBelow, projectFolders, root } = require('./projects.cjs');

/** Needed by name, where no import tells: each with the reason. */
const BY_NAME = {
  '@nestjs/platform-express': 'NestFactory loads it by name',
};
/** Of the root: programs and types that the tools use, for all packages. */
const OF_THE_HOUSE = {
  '@swc/jest': 'jest.preset.cjs names it',
  '@types/jest': 'types of the specs',
  '@types/node': 'types of Node',
  eslint: 'tools/lint.cjs runs it',
  jest: 'tools/test.cjs runs it',
  node: 'the Node of services, tools and tests',
  nx: 'tools/lint.cjs makes its graph for the walls between projects',
  prettier: 'tools/verify.cjs runs it',
};
/** Imported if it is there: the measurements of other engines bring it themselves. */
const IF_THERE = new Set(['@dbos-inc/dbos-sdk', '@restatedev/restate-sdk']);

const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const CODE = /\.(?:ts|tsx|cjs|mjs|js)$/;

/** Package of an import, or null for a file, a part of Node, or what is no name of a package. */
function packageOf(name) {
  if (name.startsWith('.') || isBuiltin(name)) return null;
  const parts = name.split('/');
  return parts.slice(0, name.startsWith('@') ? 2 : 1).join('/');
}

function importedBy(files) {
  const names = files
    .filter((file) => CODE.test(file) && !/[\\/](?:dist|node_modules)[\\/]/.test(file))
    .flatMap((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
      return importedFiles.map(({ fileName }) => packageOf(fileName));
    });
  return new Set(names.filter((name) => name !== null));
}

/** Packages that these can't be used without, as they say themselves. */
function peersOf(names, locked) {
  return names.flatMap((name) => {
    const { peerDependencies = {}, peerDependenciesMeta = {} } =
      locked[`node_modules/${name}`] ?? {};
    return Object.keys(peerDependencies).filter((peer) => !peerDependenciesMeta[peer]?.optional);
  });
}

function problemsOf(folder, locked, ofRoot) {
  const { name: own, dependencies = {}, devDependencies = {} } = readJson(`${folder}/package.json`);
  const declared = Object.keys({ ...dependencies, ...devDependencies });
  const imported = importedBy(filesBelow(join(root, folder)));
  const peers = peersOf(declared, locked);
  const isNeeded = (name) =>
    imported.has(name) ||
    peers.includes(name) ||
    name in BY_NAME ||
    (name.startsWith('@types/') && imported.has(name.slice('@types/'.length)));
  const isDeclared = (name) =>
    declared.includes(name) || name === own || ofRoot.includes(name) || IF_THERE.has(name);
  return [
    ...declared
      .filter((name) => !isNeeded(name))
      .map((name) => `expected ${folder} to import ${name}, found that nothing does; take it out`),
    // What the house has made of its own packages is read where it lies.
    ...(folder === 'tools' ? [] : [...imported])
      .filter((name) => !isDeclared(name))
      .map((name) => `expected ${folder}/package.json to name ${name}, which it imports`),
  ];
}

/** Every dependency is imported by its package, and every import is a dependency. */
function dependenciesAreUsed() {
  const { packages: locked } = readJson('package-lock.json');
  const { devDependencies = {}, dependencies = {} } = readJson('package.json');
  const ofRoot = Object.keys({ ...dependencies, ...devDependencies });
  const folders = projectFolders();
  const house = ['eslint.config.mjs', 'jest.preset.cjs'].map((file) => join(root, file));
  const everywhere = importedBy([
    ...house.filter(existsSync),
    ...folders.flatMap((folder) => filesBelow(join(root, folder))),
  ]);
  const idle = ofRoot.filter((name) => !everywhere.has(name) && !(name in OF_THE_HOUSE));
  return [
    ...idle.map(
      (name) => `expected the house to use ${name}, found that nothing does; take it out`,
    ),
    ...folders.flatMap((folder) => problemsOf(folder, locked, ofRoot)),
  ];
}

/** Packages that run a program when they are installed may do so, or are told that they may not. */
function installScriptsAreKnown() {
  const { allowScripts = {} } = readJson('package.json');
  const { packages: locked } = readJson('package-lock.json');
  const running = Object.entries(locked)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([place]) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length));
  return [
    ...running
      .filter((name) => !(name in allowScripts))
      .map((name) => `expected package.json to allow or deny the install script of ${name}`),
    ...Object.keys(allowScripts)
      .filter((name) => !running.includes(name))
      .map((name) => `expected no word in package.json on ${name}, which has no install script`),
  ];
}

module.exports = { dependenciesAreUsed, installScriptsAreKnown };
