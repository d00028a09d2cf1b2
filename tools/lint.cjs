// Lints projects with ESLint. The walls between rooms need Nx's project graph, without which their
// rule only warns: so the graph is made first.
//   node tools/lint.cjs                 all projects, and the programs beside them
//   node tools/lint.cjs libs/core …     these projects
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { chosenProjects, root } = require('./projects.cjs');

const node = join(root, 'node_modules/node/bin/node');
const env = { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true' };

/** Makes the project graph that @nx/enforce-module-boundaries reads. */
function makeGraph() {
  const nx = join(root, 'node_modules/nx/dist/bin/nx.js');
  const made = spawnSync(node, [nx, 'graph', '--file=node_modules/.cache/graph.json'], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  if (made.status !== 0)
    throw new Error(`Expected a project graph, found:\n${made.stdout}${made.stderr}`);
}

if (require.main === module) {
  makeGraph();
  const named = process.argv.slice(2);
  const projects = chosenProjects(named);
  const beside = named.length > 0 ? [] : ['*.cjs', 'infra'];
  const program = join(root, 'node_modules/eslint/bin/eslint.js');
  const args = [
    program,
    '--no-error-on-unmatched-pattern',
    '--max-warnings=0',
    ...projects,
    ...beside,
  ];
  const { status } = spawnSync(node, args, { cwd: root, env, stdio: 'inherit' });
  console.log(`lint: ${status === 0 ? 'ok' : 'failed'}`);
  process.exit(status ?? 1);
}

module.exports = { makeGraph };
