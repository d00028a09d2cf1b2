import { openReadModel } from '@fermata/read-model';
import { sleep } from '../standalone-process';

/**
 * Crashes a PostgreSQL: one of its own processes is killed, so it ends every connection, recovers
 * from its write-ahead log and serves again, on the same port.
 */
async function crashDatabase(url: string): Promise<void> {
  const source = await openReadModel(url, 1);
  try {
    const [checkpointer] = await source.query(
      "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'",
    );
    process.kill(Number(checkpointer.pid), 'SIGKILL');
  } finally {
    // The crash ended its connection.
    await source.destroy().catch(() => undefined);
  }
}

/** Crashes it again and again, each time some seconds after it served, for so many times. */
export async function crashDatabaseTimes(
  url: string,
  times: number,
  everyMs: number,
): Promise<void> {
  for (let crashed = 0; crashed < times; ) {
    await sleep(everyMs);
    try {
      await crashDatabase(url);
      crashed += 1;
    } catch {
      // It still recovers from the last time.
    }
  }
}
