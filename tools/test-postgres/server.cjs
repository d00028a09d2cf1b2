// One throw-away PostgreSQL: prints its address on a line of its own, and stops when its standard
// input closes, so that it can't outlive the tests, however they end.
const { chmodSync, mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { root } = require('../projects.cjs');
const { startPostgres } = require(join(root, 'apps/standalone/dist/embedded-postgres.js'));

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-test-postgres-'));
  // As root the server runs as another user, who must be able to reach its data.
  chmodSync(folder, 0o755);
  // Tests prove order and atomicity, not durability against power loss.
  const settings = { fsync: 'off', max_connections: '200' };
  const postgres = await startPostgres(join(folder, 'postgres'), settings);
  const stop = async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  };
  const end = () => {
    stop().catch((error) => {
      process.stderr.write(`PostgreSQL for the integration specs did not stop: ${error}\n`);
      process.exit(1);
    });
  };
  process.stdin.resume().once('end', end);
  // Ctrl-C reaches the whole group: jest's end closes our input, and only that ends us.
  process.on('SIGINT', () => {});
  process.stdout.write(`${postgres.url}\n`);
}

main().catch((error) => {
  process.stderr.write(`PostgreSQL for the integration specs did not start: ${error}\n`);
  process.exit(1);
});
