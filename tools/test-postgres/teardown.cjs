// After jest: stops the PostgreSQL that setup.cjs started, and waits until it is gone.
const { once } = require('node:events');

module.exports = async function stopTestPostgres() {
  const server = globalThis.fermataTestPostgres;
  if (server === undefined || server.exitCode !== null) return;
  const gone = once(server, 'exit');
  server.stdin.end();
  await gone;
};
