// Files that import one another in a circle, by types alone too: such files are one thing in
// pieces, and which of them is loaded first decides what the others see. Within packages and across
// them.
const { existsSync, readFileSync } = require('node:fs');
const { dirname, join, relative, resolve } = require('node:path');
const ts = require('typescript');
const { filesBelow, projectFolders, root } = require('./projects.cjs');

/** Source of each entry of our packages, by the name under which others import it. */
function entriesOfPackages() {
  const entries = new Map();
  for (const project of projectFolders()) {
    const { name, exports = {} } = JSON.parse(
      readFileSync(join(root, project, 'package.json'), 'utf8'),
    );
    for (const [path, { types }] of Object.entries(exports)) {
      if (types !== undefined) entries.set(join(name, path), join(root, project, types));
    }
  }
  return entries;
}

/** The file that an import of ours names, or undefined for one of another house. */
function fileOf(from, named, entries) {
  if (!named.startsWith('.')) return entries.get(named);
  const path = resolve(dirname(from), named);
  return [path, `${path}.ts`, join(path, 'index.ts')].find(
    (file) => file.endsWith('.ts') && existsSync(file),
  );
}

/** What each file imports, by absolute paths. */
function importsOf(files, entries) {
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
      const found = importedFiles.map(({ fileName }) => fileOf(file, fileName, entries));
      return [file, found.filter((one) => one !== undefined)];
    }),
  );
}

/** Circles in a graph, each as its members in order; none is told twice. */
function circlesIn(graph) {
  const circles = [];
  const done = new Set();
  for (const start of graph.keys()) {
    if (done.has(start)) continue;
    const path = [];
    const onPath = new Set();
    // A stack of our own: chains of imports are long.
    const stack = [[start, 0]];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const [file, next] = top;
      if (next === 0) {
        path.push(file);
        onPath.add(file);
      }
      const target = (graph.get(file) ?? [])[next];
      top[1] += 1;
      if (target === undefined) {
        stack.pop();
        path.pop();
        onPath.delete(file);
        done.add(file);
      } else if (onPath.has(target)) circles.push(path.slice(path.indexOf(target)));
      else if (!done.has(target)) stack.push([target, 0]);
    }
  }
  return circles;
}

/** Says of each circle of imports which files are in it. */
function importCycles() {
  const files = projectFolders()
    .flatMap((project) => filesBelow(join(root, project)))
    .filter((file) => file.endsWith('.ts') && !/\/(?:node_modules|dist)\//.test(file));
  return circlesIn(importsOf(files, entriesOfPackages())).map((circle) => {
    const names = [...circle, circle[0]].map((file) => relative(root, file));
    return `expected no circle of imports, found ${names.join(' → ')}`;
  });
}

module.exports = { circlesIn, importCycles };
