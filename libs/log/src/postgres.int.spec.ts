import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { describeLog } from './conformance.fixture';
import type { LogPort } from './port';
import { postgresLog } from './postgres';

const server = process.env['FERMATA_TEST_POSTGRES_URL'] ?? '';
const opened: LogPort[] = [];

async function newDatabase(): Promise<string> {
  const name = `log_${randomUUID().replaceAll('-', '')}`;
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return server.replace(/\/postgres$/, `/${name}`);
}

async function openLog(url: string, partitions = 4): Promise<LogPort> {
  const log = await postgresLog({ url, partitions, connectionsMax: 4 });
  opened.push(log);
  return log;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((log) => log.close()));
});

describeLog('postgres', async () => {
  const url = await newDatabase();
  return { log: await openLog(url), peer: () => openLog(url) };
});

describe('the postgres log', () => {
  it('refuses another partition count than that of before', async () => {
    const url = await newDatabase();
    await openLog(url, 4);
    await expect(openLog(url, 8)).rejects.toThrow('expected a log of 8 partitions, found one of 4');
  });

  it('says when rows that a reader needs are gone', async () => {
    const url = await newDatabase();
    const log = await openLog(url);
    for (let base = 0; base < 3; base++) {
      await log.append(0, base, [{ key: 'a/b', headers: {}, value: '1' }]);
    }
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query('DELETE FROM fermata_log WHERE base = 0');
    await client.end();
    await expect(log.open('log', 0, 0)).rejects.toThrow('found offsets 1 to 3');
  });
});
