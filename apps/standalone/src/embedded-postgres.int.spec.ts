import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startPostgres, type RunningPostgres } from './embedded-postgres';

jest.setTimeout(60_000);

describe('the embedded PostgreSQL', () => {
  let folder: string;
  let server: RunningPostgres;

  const ownedBy = (owner: number | undefined): void => {
    const path = join(folder, 'server.json');
    const note = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...note, owner }));
  };

  const answers = async (): Promise<void> => {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    await client.query('SELECT 1');
    await client.end();
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fermata-postgres-'));
    server = await startPostgres(folder);
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  it('is not taken from a process that lives', async () => {
    ownedBy(process.ppid);
    const expected = `found process ${process.ppid}; stop it first, or choose another folder`;
    await expect(startPostgres(folder)).rejects.toThrow(expected);
    await answers();
  });

  it('is taken over from a process that died', async () => {
    ownedBy(spawnSync(process.execPath, ['-e', '']).pid);
    const again = await startPostgres(folder);
    expect(again).toMatchObject({ pid: server.pid, adopted: true });
    await answers();
  });

  it('is taken over from a process that is another program by now', async () => {
    ownedBy(server.pid);
    expect(await startPostgres(folder)).toMatchObject({ pid: server.pid, adopted: true });
  });
});
