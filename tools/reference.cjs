// The reference that is generated from the contracts: JSON Schemas of what authors write, an
// AsyncAPI document of what travels on the log, and the OpenAPI document of the HTTP edge.
//   node tools/reference.cjs           writes docs/reference/generated
//   node tools/reference.cjs --check   says which files are not what the contracts say
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { asyncApi, commandSchemas, schemaOf } = require('./asyncapi.cjs');
const { root } = require('./projects.cjs');

const FOLDER = 'docs/reference/generated';

/** Name of each generated file, and its text. */
function generated() {
  const { z } = require('zod');
  require('reflect-metadata');
  const contracts = require(join(root, 'libs/contracts/dist/index.js'));
  const { projectFile, agentsFile } = require(join(root, 'libs/sdk/dist/index.js'));
  const { openApiDocument } = require(join(root, 'apps/gateway/dist/openapi.js'));
  const files = {
    'workflow.schema.json': schemaOf(z, contracts.workflowDefinition, 'A workflow'),
    'policy.schema.json': schemaOf(z, contracts.policyDefinition, 'A policy'),
    'agents.schema.json': schemaOf(z, agentsFile, 'A file of agents'),
    'project.schema.json': schemaOf(z, projectFile, 'fermata.yaml'),
    'asyncapi.json': asyncApi(z, contracts),
    ...commandSchemas(z, contracts),
    'openapi.json': openApiDocument(),
  };
  return Object.entries(files).map(([name, content]) => [
    join(FOLDER, name),
    `${JSON.stringify(content, null, 2)}\n`,
  ]);
}

/** Files that are not what the contracts say. */
function drifted() {
  return generated()
    .filter(
      ([path, text]) =>
        !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
    )
    .map(
      ([path]) =>
        `expected ${path} to be what the contracts say, found it is not; run npm run reference`,
    );
}

if (require.main === module) {
  require('./build.cjs').build(require('./projects.cjs').projectFolders());
  if (process.argv.includes('--check')) {
    const problems = drifted();
    for (const problem of problems) console.error(problem);
    process.exit(problems.length === 0 ? 0 : 1);
  }
  for (const [path, text] of generated()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  console.log(`reference: ${generated().length} files in ${FOLDER}`);
}

module.exports = { drifted };
