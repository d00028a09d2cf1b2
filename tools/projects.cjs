// Where the projects of this repository are. Plain Node, no dependencies: the first start uses it.
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');

/** Folders that the `workspaces` of package.json name, in their order, relative to the root. */
function projectFolders() {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return workspaces
    .flatMap((pattern) => (pattern.endsWith('/*') ? foldersIn(pattern.slice(0, -2)) : [pattern]))
    .filter((folder) => existsSync(join(root, folder, 'package.json')));
}

function foldersIn(parent) {
  const path = join(root, parent);
  return existsSync(path)
    ? readdirSync(path)
        .sort()
        .map((name) => `${parent}/${name}`)
    : [];
}

/** Every file below a folder, as absolute paths; an absent folder has none. */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Projects named on the command line, or all of them. */
function chosenProjects(argv) {
  const named = argv
    .filter((argument) => !argument.startsWith('-'))
    .map((name) => name.replace(/\/$/, ''));
  const known = projectFolders();
  for (const name of named) {
    if (!known.includes(name)) {
      throw new Error(`Expected a project folder, found "${name}". Known: ${known.join(', ')}.`);
    }
  }
  return named.length > 0 ? named : known;
}

module.exports = { root, projectFolders, chosenProjects, filesBelow };
