// The bench's work on DBOS: a library in the caller's process, on PostgreSQL.
const { DBOS } = require('@dbos-inc/dbos-sdk');

const DAY_SECONDS = 86_400;
const noop = async () => ({ ok: true });
const step = (name) => DBOS.runStep(noop, { name });

/** Who waits to hear that a workflow holds, by its key. */
const holding = new Map();

const five = DBOS.registerWorkflow(
  async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await step(name);
    return { ok: true };
  },
  { name: 'five' },
);

const fanOut = DBOS.registerWorkflow(
  async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => step(`s${index}`)));
    return step('join');
  },
  { name: 'fanOut' },
);

const hold = DBOS.registerWorkflow(
  async (key) => {
    const decided = DBOS.recv('decision', { timeoutSeconds: DAY_SECONDS });
    holding.get(key)?.();
    holding.delete(key);
    return decided;
  },
  { name: 'hold' },
);

let started = 0;

/** Starts DBOS; each of its functions resolves when the caller has heard the end. */
async function start(databaseUrl) {
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: databaseUrl,
    systemDatabasePoolSize: 20,
    logLevel: 'error',
  });
  await DBOS.launch();
  return {
    five: () => five(),
    fanOut: () => fanOut(),
    hold: async () => {
      const key = `hold-${(started += 1)}`;
      const held = new Promise((resolve) => holding.set(key, resolve));
      await DBOS.startWorkflow(hold, { workflowID: key })(key);
      await held;
    },
    stop: () => DBOS.shutdown(),
  };
}

module.exports = { start };
