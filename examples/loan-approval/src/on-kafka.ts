// `npm run start:kafka`: every service as a process of its own over a real Kafka, the one that
// KAFKA_BROKERS names or one that is started here, with the loan example deployed.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, errorText } from '@fermata/cli';
import { loadProject } from '@fermata/sdk';
import { localKeys, startPostgres, type LocalKeys } from '@fermata/standalone';
import {
  kafkaTools,
  SERVICES,
  startService,
  type LocalKafka,
  type ServiceName,
  type ServiceProcess,
} from '@fermata/testing';
import { startCreditBureau } from './credit-bureau';

const EXAMPLE = join(__dirname, '..');

/** What is stopped in the end, last things first. */
type Stops = (() => Promise<unknown> | void)[];

const say = (...lines: readonly string[]): void =>
  void process.stdout.write(`${lines.join('\n')}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: '.fermata-kafka' },
      partitions: { type: 'string', default: '8' },
    },
  });
  const stops: Stops = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  const told = new Promise<void>((done) => {
    process.on('SIGINT', done);
    process.on('SIGTERM', done);
  });
  try {
    await start(resolve(values.data), values.partitions, stops);
    await told;
    say('', 'Stopping …');
  } finally {
    await stop();
  }
}

async function start(dataDir: string, partitions: string, stops: Stops): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  const broker = await brokerOf(dataDir);
  stops.push(() => broker.stop());
  const postgres = await startPostgres(join(dataDir, 'postgres'));
  stops.push(() => postgres.stop());
  const bureau = await startCreditBureau(dataDir);
  stops.push(() => bureau.stop());
  const { keys, file } = localKeys(dataDir);
  const env = {
    KAFKA_BROKERS: broker.brokers,
    FERMATA_PARTITIONS: partitions,
    FERMATA_DATABASE_URL: postgres.url,
    FERMATA_KEYS_FILE: file,
    FERMATA_PROJECT: `local=${EXAMPLE}`,
    FERMATA_ALLOWED_HOSTS: `local=${bureau.url}`,
    LOAN_OFFERS_DIR: process.env['LOAN_OFFERS_DIR'] ?? join(dataDir, 'offers'),
  };
  const running = new Map<ServiceName, ServiceProcess>();
  for (const name of SERVICES) {
    const service = await startService(name, env);
    running.set(name, service);
    const tellOfItsEnd = (code: number | null, signal: string | null): void =>
      say(`${name} ended (${signal ?? code}): nobody does its work; stop all and start again`);
    service.child.once('exit', tellOfItsEnd);
    stops.push(() => {
      service.child.off('exit', tellOfItsEnd);
      return service.end('SIGTERM');
    });
    say(`${name.padEnd(17)} process ${service.child.pid}`);
  }
  const urlOf = (name: ServiceName) => `http://127.0.0.1:${running.get(name)?.port}`;
  const [url, approvalsUrl] = [urlOf('gateway'), urlOf('approval-service')];
  await deploy(url, keys, bureau.url);
  const note = join(dataDir, 'connection.json');
  const content = { url, approvalsUrl, pid: process.pid, tokens: keys };
  writeFileSync(note, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  stops.push(() => rmSync(note, { force: true }));
  say(
    '',
    'Fermata is up on Kafka',
    `  brokers    ${broker.brokers}`,
    `  API        ${url}/openapi.json`,
    `  approvals  ${approvalsUrl}/v1/approvals`,
    `  data, keys ${dataDir}`,
    'Try, in another terminal:',
    `  export FERMATA_URL=${url} FERMATA_APPROVALS_URL=${approvalsUrl}`,
    `  export FERMATA_TOKEN=${keys.requester}   # starts runs`,
    `  (approver: ${keys.approver}, operator: ${keys.operator})`,
    '  npx fermata run loan-approval --follow \\',
    '    --input @examples/loan-approval/applications/asha-good/application.json',
    'Ctrl-C stops it all; the data stays.',
  );
}

async function brokerOf(dataDir: string): Promise<Pick<LocalKafka, 'brokers' | 'stop'>> {
  const brokers = process.env['KAFKA_BROKERS'];
  if (brokers !== undefined && brokers !== '') return { brokers, stop: async () => undefined };
  const tools = kafkaTools();
  if (tools.canStart()) return tools.startKafka({ dataDir: join(dataDir, 'kafka') });
  throw new Error('expected KAFKA_BROKERS, or Java and Maven to start a broker; found neither');
}

async function deploy(url: string, keys: LocalKeys, bureau: string): Promise<void> {
  const { workflows, problems } = loadProject(EXAMPLE, { CREDIT_BUREAU_URL: bureau });
  const [first] = problems;
  if (first !== undefined) throw new Error(`${first.file}:${first.line} ${first.message}`);
  const client = new Client({ url, token: keys.operator });
  for (const { definition: body } of workflows) await client.ask('deployWorkflow', { body });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${errorText(error)}\n`);
    process.exit(1);
  },
);
