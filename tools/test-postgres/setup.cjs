// Before jest: starts one PostgreSQL for the integration specs among those selected, in a process
// of its own, and hands its address over in FERMATA_TEST_POSTGRES_URL. An address that is already
// set is used as it is.
const { spawn } = require('node:child_process');
const { join } = require('node:path');
const { filesBelow } = require('../projects.cjs');

function selectsIntegrationSpecs({ projects, testPathPatterns }) {
  return projects.some((rootDir) => {
    const selected = testPathPatterns.toExecutor({ rootDir });
    const specs = filesBelow(join(rootDir, 'src')).filter((file) => file.endsWith('.int.spec.ts'));
    return specs.some((file) => selected.isMatch(file));
  });
}

function firstLine(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.once('exit', (code) =>
      reject(
        new Error(`Expected PostgreSQL for the integration specs, but it ended with ${code}.`),
      ),
    );
  });
}

module.exports = async function startTestPostgres(globalConfig) {
  if (process.env.FERMATA_TEST_POSTGRES_URL || !selectsIntegrationSpecs(globalConfig)) return;
  const server = spawn(process.execPath, [join(__dirname, 'server.cjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  process.env.FERMATA_TEST_POSTGRES_URL = await firstLine(server);
  globalThis.fermataTestPostgres = server;
};
