import { openReadModel } from '@fermata/read-model';
import { sleep } from '../standalone-process';

/** What opening the read model takes: one to lock it, one to bring it up to date. */
const CONNECTIONS = 2;

/**
 * Crashes a PostgreSQL: one of its own processes is killed, so it ends every connection, recovers
 * from its write-ahead log and serves again, on the same port.
 */
async function crashDatabase(url: string): Promise<void> {
  const source = await openReadModel(url, CONNECTIONS);
  try {
    const [checkpointer] = await source.query<{ pid: number }[]>(
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'",
    );
    if (checkpointer === undefined) throw new Error('expected a checkpointer, found none');
    process.kill(checkpointer.pid, 'SIGKILL');
  } finally {
    // The crash ended its connection.
    await source.destroy().catch(() => undefined);
  }
}

/** Crashes it so many times, each time some seconds after it served. */
export async function crashDatabaseTimes(
  url: string,
  times: number,
  everyMs: number,
): Promise<void> {
  for (let crashed = 0, failed = 0; crashed < times; ) {
    await sleep(everyMs);
    try {
      await crashDatabase(url);
      crashed += 1;
    } catch (error) {
      // It may still recover from the last time.
      failed += 1;
      if (failed > times) throw error;
    }
  }
}
