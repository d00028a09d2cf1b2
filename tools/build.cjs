// Compiles src/ of each project to dist/ with swc, in one process, and only what changed.
//   node tools/build.cjs                 all projects
//   node tools/build.cjs libs/core …     these projects
const {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { dirname, join, relative } = require('node:path');
const { chosenProjects, filesBelow, root } = require('./projects.cjs');

const settingsFile = join(root, '.swcrc');
const changedAtMs = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);
const toolsChangedAtMs = Math.max(changedAtMs(settingsFile), changedAtMs(__filename));

/** What src/ asks for: output path → source path. Specs stay out; other files are copied. */
function wanted(project) {
  const src = join(root, project, 'src');
  const outputs = new Map();
  for (const source of filesBelow(src)) {
    if (/\.(spec|fixture)\.ts$|\.d\.ts$|\.md$/.test(source)) continue;
    const output = join(root, project, 'dist', relative(src, source)).replace(/\.ts$/, '.js');
    outputs.set(output, source);
  }
  return outputs;
}

function compile(source, output) {
  const swc = require('@swc/core');
  const settings = JSON.parse(readFileSync(settingsFile, 'utf8'));
  const { code, map } = swc.transformFileSync(source, {
    ...settings,
    $schema: undefined,
    swcrc: false,
    sourceFileName: relative(dirname(output), source),
  });
  const name = output.slice(dirname(output).length + 1);
  writeFileSync(`${output}.map`, map ?? '');
  writeFileSync(output, `${code}\n//# sourceMappingURL=${name}.map\n`);
}

function buildProject(project) {
  const outputs = wanted(project);
  let written = 0;
  for (const [output, source] of outputs) {
    if (changedAtMs(output) > Math.max(changedAtMs(source), toolsChangedAtMs)) continue;
    mkdirSync(dirname(output), { recursive: true });
    if (source.endsWith('.ts')) compile(source, output);
    else copyFileSync(source, output);
    written += 1;
  }
  for (const file of filesBelow(join(root, project, 'dist'))) {
    if (!outputs.has(file.replace(/\.map$/, ''))) rmSync(file);
  }
  return written;
}

/** Builds and returns the number of files written. */
function build(projects) {
  return projects.reduce((sum, project) => sum + buildProject(project), 0);
}

if (require.main === module) {
  const started = Date.now();
  const written = build(chosenProjects(process.argv.slice(2)));
  console.log(`build: ${written} files written in ${Date.now() - started} ms`);
}

module.exports = { build };
