import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { newDatabase } from './standalone.fixture';
import { startStandalone, type StandaloneOptions } from './standalone';

const PROJECT = {
  'fermata.yaml': 'workflows: [w.yaml]\npolicies: [p.yaml]\nagents: [a.yaml]\n',
  'w.yaml': `name: one
version: 1.0.0
policy: plain@1.0.0
steps:
  ask:
    gate:
      title: May it go on?
      groups: [people]
      show: { order: run.input.order }
      due: 1d
      onDue: reject
`,
  'p.yaml': `name: plain
version: 1.0.0
classes:
  reasoning: &class { attemptsMax: 1, backoff: { initial: 1s, factor: 1, max: 1s }, timeout: 1s }
  read: *class
  effect: *class
`,
  'a.yaml': 'agents: []\n',
};

describe('a start that fails', () => {
  let folder: string;
  let options: StandaloneOptions;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fermata-start-'));
    const projectDir = join(folder, 'project');
    mkdirSync(projectDir);
    for (const [name, text] of Object.entries(PROJECT)) writeFileSync(join(projectDir, name), text);
    const dataDir = join(folder, 'data');
    const databaseUrl = await newDatabase();
    options = { projectDir, dataDir, databaseUrl, port: 0, env: {}, allowedHosts: [] };
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('makes nothing for a folder that is no project, and names the folder', async () => {
    const projectDir = join(folder, 'elsewhere');
    await expect(startStandalone({ ...options, projectDir })).rejects.toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringContaining(projectDir),
    });
    expect(existsSync(options.dataDir)).toBe(false);
  });

  it('says that a port is taken, and how to choose another', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(startStandalone({ ...options, port })).rejects.toThrow(
      new RegExp(`expected to listen on port ${port} .*choose another with --port`),
    );
    other.close();
  });

  it('says that the folder for data can not be made', async () => {
    const dataDir = join(options.projectDir, 'fermata.yaml', 'data');
    await expect(startStandalone({ ...options, dataDir })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('name another with --data'),
    });
  });

  it('refuses data that a living process works on', async () => {
    mkdirSync(options.dataDir);
    const note = { pid: process.ppid, url: 'http://127.0.0.1:1' };
    writeFileSync(join(options.dataDir, 'connection.json'), JSON.stringify(note));
    await expect(startStandalone(options)).rejects.toThrow(
      `found process ${process.ppid} at http://127.0.0.1:1`,
    );
  });

  it('goes on with data whose note was cut short by a crash', async () => {
    mkdirSync(options.dataDir);
    writeFileSync(join(options.dataDir, 'connection.json'), '{"pid": 1');
    const fermata = await startStandalone(options);
    await fermata.stop();
    expect(existsSync(join(options.dataDir, 'connection.json'))).toBe(false);
  });

  it('closes everything that it had opened', async () => {
    // A folder where the note belongs: the very last thing that a start does fails.
    mkdirSync(join(options.dataDir, 'connection.json'), { recursive: true });
    await expect(startStandalone(options)).rejects.toThrow(/EISDIR/);
    const client = new Client({ connectionString: options.databaseUrl });
    await client.connect();
    const { rows } = await client.query(
      'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await client.end();
    expect(rows).toEqual([]);
  });
});
