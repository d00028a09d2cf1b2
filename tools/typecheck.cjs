// Type-checks projects: sources and specs apart, so that sources can't see test or Node types
// that their tsconfig.json withholds.
//   node tools/typecheck.cjs                 all projects
//   node tools/typecheck.cjs libs/core …     these projects
const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { chosenProjects, filesBelow, root } = require('./projects.cjs');

const tsc = join(root, 'node_modules/typescript/bin/tsc');

function check(project, config) {
  const args = [
    tsc,
    '-p',
    join(root, project, config),
    '--pretty',
    String(process.stdout.isTTY === true),
  ];
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

function checkProject(project) {
  if (!existsSync(join(root, project, 'tsconfig.json'))) return true;
  const specs = filesBelow(join(root, project, 'src')).some((file) => file.endsWith('.spec.ts'));
  const sourcesPass = check(project, 'tsconfig.json');
  return (!specs || check(project, 'tsconfig.spec.json')) && sourcesPass;
}

const started = Date.now();
const failed = chosenProjects(process.argv.slice(2)).filter((project) => !checkProject(project));
const seconds = ((Date.now() - started) / 1000).toFixed(1);
console.log(
  `typecheck: ${failed.length === 0 ? 'ok' : `failed in ${failed.join(', ')}`} (${seconds} s)`,
);
process.exit(failed.length === 0 ? 0 : 1);
