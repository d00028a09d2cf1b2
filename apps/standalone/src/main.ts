import { stopTelemetry } from '@fermata/service/start-telemetry';
import 'reflect-metadata';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runnerProjects } from '@fermata/agent-runner';
import { Fault } from '@fermata/contracts';
import { allowedHost } from '@fermata/sdk';
import { listenForStop, portOf } from './command-line';
import { startStandalone } from './standalone';

const HELP = `Runs all of Fermata in this process, on an embedded PostgreSQL.

  --project DIR      folder with fermata.yaml (default: this folder)
  --tenants NAMES    tenants that may use its function agents (default: local)
  --data DIR         folder for data and keys (default: .fermata in the project)
  --port N           port on loopback, 0 for a free one (default: 4600)
  --keys FILE        keys of more people: {"<sha256 of a token>": {tenant, principal, …}}
  --allow-host URL   an http agent of the tenant local may be called there and below, such as
                     http://127.0.0.1:9000; of others with acme+globex=URL, of all with *=URL

FERMATA_DATABASE_URL names a PostgreSQL to use rather than the embedded one.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      project: { type: 'string', default: '.' },
      tenants: { type: 'string', default: 'local' },
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
  const stopRequest = listenForStop();
  const projectDir = resolve(values.project);
  const [project] = runnerProjects(`${values.tenants.replaceAll(',', '+')}=${projectDir}`);
  const dataDir = resolve(values.data ?? join(projectDir, '.fermata'));
  const fermata = await startStandalone({
    projectDir,
    tenants: project?.tenants ?? [],
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
  await stopRequest.made;
  process.stdout.write('\nStopping …\n');
  await fermata.stop();
  await stopTelemetry();
}

function fail(error: unknown): void {
  const said = error instanceof Error ? error.message : String(error);
  const code = error instanceof Fault ? `${error.code}: ` : '';
  const isUsage = error instanceof TypeError && 'code' in error;
  process.stderr.write(`${code}${said}${isUsage ? '; see fermata dev --help' : ''}\n`);
  process.exit(1);
}

main().then(() => process.exit(0), fail);
