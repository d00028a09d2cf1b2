import { stopTelemetry } from '@fermata/service/start-telemetry';
import 'reflect-metadata';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { allowedHost } from '@fermata/agent-runner';
import { Fault } from '@fermata/contracts';
import { startStandalone } from './standalone';

const HELP = `Runs all of Fermata in this process, on an embedded PostgreSQL.

  --project DIR      folder with fermata.yaml (default: this folder)
  --data DIR         folder for data and keys (default: .fermata in the project)
  --port N           port on loopback, 0 for a free one (default: 4600)
  --keys FILE        keys of more people: {"<sha256 of a token>": {tenant, principal, …}}
  --allow-host URL   an http agent may be called there, such as http://127.0.0.1:9000

FERMATA_DATABASE_URL names a PostgreSQL to use rather than the embedded one.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      project: { type: 'string', default: '.' },
      data: { type: 'string' },
      port: { type: 'string', default: '4600' },
      keys: { type: 'string' },
      'allow-host': { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const projectDir = resolve(values.project);
  const dataDir = resolve(values.data ?? join(projectDir, '.fermata'));
  const fermata = await startStandalone({
    projectDir,
    dataDir,
    port: portOf(values.port),
    env: process.env,
    allowedHosts: values['allow-host'].map(allowedHost),
    keysFile: values.keys,
    databaseUrl: process.env['FERMATA_DATABASE_URL'],
  });
  const state = fermata.resumed ? 'goes on with the data of before' : 'starts with empty data';
  process.stdout.write(`Fermata is ready and ${state}
  API        ${fermata.url}/v1/runs
  OpenAPI    ${fermata.url}/openapi.json
  data, keys ${dataDir}
  Ctrl-C stops it; the data stays.
`);
  const stop = (): void => {
    fermata
      .stop()
      .then(stopTelemetry)
      .then(() => process.exit(0), fail);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Fault(
    'CONFIG_INVALID',
    `expected a port from 0 to 65535, found "${text}"; correct --port`,
  );
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

main().catch(fail);
