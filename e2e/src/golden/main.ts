import { mkdirSync, mkdtempSync, rmSync, writeFileSync, chmodSync, existsSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { kafkaLog, postgresLog, type LogPort, type StoredRecord } from '@fermata/log';
import { startPostgres } from '@fermata/standalone';
import {
  foldedFrom,
  GOLDEN,
  kafkaTools,
  portOf,
  type GoldenLog,
  type GoldenRestorePoints,
} from '@fermata/testing';
import { Client } from 'pg';
import { enter } from './manifest';
import { Stage } from './stage';
import { STORIES, type Story } from './stories';

/** Somewhere to tell stories on: a new log of one partition for each. */
interface Adapter {
  open(story: string): Promise<LogPort>;
  stop(): Promise<void>;
}

async function onPostgres(folder: string): Promise<Adapter> {
  const { url, stop } = await startPostgres(folder);
  return {
    async open(story) {
      const database = `golden_${story.replaceAll('-', '_')}`;
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query(`CREATE DATABASE ${database}`);
      await client.end();
      const of = new URL(url);
      of.pathname = `/${database}`;
      return await postgresLog({ url: of.href, partitions: 1 });
    },
    stop,
  };
}

async function onKafka(): Promise<Adapter> {
  const kafka = await kafkaTools().startKafka();
  const client = { brokers: kafka.brokers.split(','), clientId: 'golden' };
  return {
    open: (story) => kafkaLog({ client, partitions: 1, prefix: `golden-${story}` }),
    stop: () => kafka.stop(),
  };
}

const ADAPTERS: Readonly<Record<string, (folder: string) => Promise<Adapter>>> = {
  postgres: onPostgres,
  kafka: onKafka,
};

/** Tells a story on a log, and takes down what stands there when it has ended. */
async function record(name: string, log: LogPort, { keyWindowMs, tell }: Story) {
  const stage = new Stage(log, keyWindowMs);
  await stage.follow();
  try {
    await tell(stage);
  } finally {
    await stage.close();
  }
  const records = await allOf(log);
  const restorePoints = await restorePointsOf(log);
  const written = { name, records, restorePoints };
  const nothing = { keyWindowMs, hash: '', described: {} };
  const state = await foldedFrom(portOf({ ...written, state: nothing }), keyWindowMs);
  return { ...written, state };
}

async function allOf(log: LogPort): Promise<readonly StoredRecord[]> {
  const end = await log.end('log', 0);
  const reader = await log.open('log', 0, 0);
  const records: StoredRecord[] = [];
  while (reader.next < end) records.push(...(await reader.read(1_000, end)));
  reader.close();
  return records;
}

async function restorePointsOf(log: LogPort): Promise<GoldenRestorePoints> {
  const roots = Object.fromEntries(await log.listLatest('restore/0/'));
  const pieces: Record<string, string> = {};
  for (const root of Object.values(roots)) {
    const said = JSON.parse(root.slice(root.indexOf(' ') + 1)) as { pieces: { place: number }[] };
    const places = said.pieces.map(({ place }) => place);
    let at = 0;
    for await (const text of log.readParts(0, places)) {
      const place = places[at++];
      if (place !== undefined && text !== null) pieces[place] = text;
    }
  }
  return { roots, pieces };
}

function write(folder: string, { name, records, restorePoints, state }: GoldenLog): void {
  const lines = records.map(({ offset, key, headers, value }) =>
    JSON.stringify({ offset, key, headers, value }),
  );
  const files = {
    'log.jsonl': `${lines.join('\n')}\n`,
    'restore-points.json': `${JSON.stringify(restorePoints)}\n`,
    'state.json': `${JSON.stringify(state)}\n`,
  };
  const ours = [process.cwd(), tmpdir(), homedir(), hostname()].filter(({ length }) => length > 2);
  for (const [file, text] of Object.entries(files)) {
    const found = ours.find((one) => text.includes(one));
    if (found !== undefined)
      throw new Error(`expected nothing of this machine, found ${found} in ${file}`);
  }
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(folder, file), text, { flag: 'wx' });
  }
  enter(new Map(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text])));
}

/** Records every story on these adapters as a release; a recording that is there stays. */
async function main([release = '', ...names]: readonly string[]): Promise<void> {
  if (!/^\d+\.\d+\.\d+$/.test(release)) {
    throw new Error(`expected a release such as 0.1.0, found "${release}"`);
  }
  for (const adapter of names.length > 0 ? names : Object.keys(ADAPTERS)) {
    const start = ADAPTERS[adapter];
    if (start === undefined) throw new Error(`expected postgres or kafka, found "${adapter}"`);
    const scratch = mkdtempSync(join(tmpdir(), 'fermata-golden-'));
    chmodSync(scratch, 0o755);
    const running = await start(join(scratch, 'data'));
    try {
      for (const [name, story] of Object.entries(STORIES)) {
        const folder = join(GOLDEN, release, adapter, name);
        if (existsSync(folder)) continue;
        const log = await running.open(name);
        const told = record(`${release}/${adapter}/${name}`, log, story);
        const golden = await told.finally(() => log.close());
        write(folder, golden);
        process.stdout.write(`${golden.name}: ${golden.records.length} records\n`);
      }
    } finally {
      await running.stop();
      rmSync(scratch, { recursive: true, force: true });
    }
  }
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
