import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { encodeEvent, partitionOf, recordKey, type Event } from '@fermata/contracts';
import { deploy } from '@fermata/gateway';
import { kafkaLog, withFence, type Fence, type LogPort, type StoredRecord } from '@fermata/log';
import { loadProject } from '@fermata/sdk';
import { startService, type ServiceProcess } from '@fermata/testing';
import { problemOf } from './asyncapi.fixture';
import { EXAMPLE_CLIENTS, runClient, type ExampleClient } from './example-clients';

const PARTITIONS = 4;
const PROJECT = join(__dirname, '../../bench/project');
const TENANT = 'local';

jest.setTimeout(300_000);

const there = EXAMPLE_CLIENTS.filter((client) => client.isThere());
const absent = EXAMPLE_CLIENTS.filter((client) => !there.includes(client));
for (const { language } of absent) {
  process.stderr.write(`\n*** The client in ${language} is NOT RUN: found no ${language}. ***\n\n`);
}

describe('a client of another service', () => {
  const brokers = process.env['KAFKA_BROKERS'] ?? '';
  const prefix = `clients-${randomUUID().slice(0, 8)}`;
  const env = {
    KAFKA_BROKERS: brokers,
    FERMATA_TOPIC_PREFIX: prefix,
    FERMATA_PARTITIONS: String(PARTITIONS),
  };
  let log: LogPort;
  let scheduler: ServiceProcess;
  let hash: string;

  beforeAll(async () => {
    const client = { brokers: brokers.split(','), clientId: 'e2e' };
    log = await kafkaLog({ client, prefix, partitions: PARTITIONS });
    const [workflow] = loadProject(PROJECT, {}).workflows;
    if (workflow === undefined) throw new Error('expected a workflow');
    hash = (await deploy(log, TENANT, workflow.definition, true)).hash;
    scheduler = await startService('scheduler', env);
    await Promise.all(Array.from({ length: PARTITIONS }, (_, at) => firstOf(log, at)));
  });

  afterAll(async () => {
    await scheduler.end('SIGTERM');
    await log.close();
  });

  it('is there in each language that CI must have', () => {
    const needed = process.env['FERMATA_REQUIRE_KAFKA'] === '1' ? ['TypeScript', 'Java'] : [];
    expect(there.map(({ language }) => language)).toEqual(expect.arrayContaining(needed));
  });

  const clients = there.map((client) => [client.language, client] as const);
  const start = (client: ExampleClient, run: string, version: string, id: string) =>
    runClient(client.prepare(), [TENANT, run, 'five@1.0.0', version, '{"n":1}', id], env);

  it.each(clients)(
    'in %s hears what came of its request, by its correlation id',
    async (_, client) => {
      const run = `run-${client.language}`;
      const id = `id-${client.language}`;
      // What an owner wrote late, and what one wrote twice: all pass over it, and so must a client.
      for (const fence of [
        { epoch: 0, seq: 900, position: 0 },
        { epoch: 1, seq: 1, position: 0 },
      ]) {
        await writeLate(log, run, id, fence);
      }
      const told = await start(client, run, hash, id);
      expect(told).toEqual({ code: 0, said: { type: 'fermata.run.started.v1', run } });
      // Who repeats a command hears the first answer: it stands a little before the log's end.
      expect(await start(client, run, hash, id)).toEqual(told);
    },
  );

  it.each(clients)('in %s hears that its request was refused, and why', async (_, client) => {
    const id = `refused-${client.language}`;
    expect(await start(client, id, 'f'.repeat(64), id)).toMatchObject({
      code: 1,
      said: { type: 'fermata.command.rejected.v1', code: 'DEFINITION_UNKNOWN' },
    });
  });

  it('writes what the AsyncAPI document says, each in its mode', async () => {
    const sent = (await Promise.all(Array.from({ length: PARTITIONS }, (_, at) => all(log, at))))
      .flat()
      .filter(({ headers }) => headers['ce_hops'] === undefined);
    const binary = sent.filter(({ headers }) => headers['ce_type'] !== undefined);
    const structured = sent.filter((record) => !binary.includes(record));
    expect(sent).toHaveLength(3 * there.length);
    expect(binary.map((record) => problemOf('StartRun', record))).toEqual(binary.map(() => null));
    expect(structured.map((record) => problemOf('StartRunStructured', record))).toEqual(
      structured.map(() => null),
    );
  });
});

/** The first record of a partition of the log: the claim of its owner. */
async function firstOf(log: LogPort, partition: number): Promise<void> {
  const reader = await log.open('log', partition, 0);
  await reader.read(1);
  reader.close();
}

/** All that stands in a partition of the commands. */
async function all(log: LogPort, partition: number): Promise<readonly StoredRecord[]> {
  const end = await log.end('commands', partition);
  const reader = await log.open('commands', partition, 0);
  const records: StoredRecord[] = [];
  while (records.length < end) records.push(...(await reader.read(1_000)));
  reader.close();
  return records;
}

/** Appends a refusal that nobody accepts, as the answer to a command that is yet to come. */
async function writeLate(log: LogPort, run: string, id: string, fence: Fence): Promise<void> {
  const refusal: Event = {
    id: `rejected/${id}`,
    tenant: TENANT,
    run,
    sequence: 0,
    at: Date.now(),
    causationId: id,
    correlationId: `orders-${id}`,
    actor: 'service:orders',
    type: 'CommandRejected',
    data: { command: 'StartRun', kind: 'INVALID_STATE', code: 'RUN_EXISTS', message: 'late' },
  };
  const partition = partitionOf(recordKey(TENANT, run), PARTITIONS);
  await log.append(partition, 0, [withFence(encodeEvent(refusal), fence)]);
}
