import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentRunnerModule, AttemptLoop, type AllowedHost } from '@fermata/agent-runner';
import { ApprovalServiceModule } from '@fermata/approval-service';
import { AuditProjectorModule } from '@fermata/audit-projector';
import { Fault } from '@fermata/contracts';
import { deploy, GatewayModule } from '@fermata/gateway';
import { ORIGIN, postgresLog, type LogPort } from '@fermata/log';
import { openReadModel, savedPlace } from '@fermata/read-model';
import { SchedulerModule } from '@fermata/scheduler';
import { loadProject } from '@fermata/sdk';
import { CommandDesk, ProblemFilter } from '@fermata/service';
import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { startPostgres } from './embedded-postgres';
import { LOCAL_TENANT, localKeys, type LocalKeys } from './local-keys';

/** How to run everything in one process. */
export interface StandaloneOptions {
  /** Folder of the user's project, with `fermata.yaml`. */
  readonly projectDir: string;
  /** Folder for data, keys and the note that tells where the services are. */
  readonly dataDir: string;
  /** Port of HTTP, on loopback; 0 picks a free one. */
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly allowedHosts: readonly AllowedHost[];
  /** Uses this PostgreSQL rather than the embedded one. */
  readonly databaseUrl?: string | undefined;
  /** File of keys of more people, of this tenant and others. */
  readonly keysFile?: string | undefined;
}

/** Everything, running. */
export interface Standalone {
  readonly url: string;
  readonly keys: LocalKeys;
  readonly log: LogPort;
  readonly desk: CommandDesk;
  /** Whether data of an earlier start is used. */
  readonly resumed: boolean;
  /** Stops it all cleanly, the database last. */
  stop(): Promise<void>;
}

@Module({})
class StandaloneModule {}

/** Composes all services in this process, over PostgreSQL. */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const { dataDir, databaseUrl } = options;
  mkdirSync(dataDir, { recursive: true });
  refuseSecond(dataDir);
  const resumed = existsSync(join(dataDir, 'keys.json'));
  const { keys, directory } = localKeys(dataDir, options.keysFile);
  const postgres =
    databaseUrl === undefined ? await startPostgres(join(dataDir, 'postgres')) : undefined;
  const url = postgres?.url ?? databaseUrl ?? '';
  const source = await openReadModel(url);
  const log = await postgresLog({ url, partitions: 4, shared: false });
  const desk = new CommandDesk(log, async (at) => (await savedPlace(source, at)) ?? ORIGIN);
  const edge = { log, source, desk };
  await deployProject(log, options);
  const app = await NestFactory.create(
    {
      module: StandaloneModule,
      imports: [
        SchedulerModule.register({ log }),
        AgentRunnerModule.register({ log, ...options }),
        AuditProjectorModule.register(source),
        GatewayModule.register(edge, directory),
        ApprovalServiceModule.register({ source, desk }, directory),
      ],
    } satisfies DynamicModule,
    // A stream of events lasts as long as its run: a stop does not wait for it.
    { bodyParser: false, forceCloseConnections: true, logger: ['warn', 'error', 'fatal'] },
  );
  app.useGlobalFilters(new ProblemFilter());
  const transports = [AgentRunnerModule.connect(app, log), AuditProjectorModule.connect(app, log)];
  desk.start();
  await app.startAllMicroservices();
  await app.listen(options.port, '127.0.0.1');
  const address = addressOf(app);
  const note = { url: address, pid: process.pid, tokens: keys };
  writeFileSync(noteIn(dataDir), `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
  const stop = async (): Promise<void> => {
    app.get(AttemptLoop).stop();
    await desk.stop();
    await Promise.all(transports.map((transport) => transport.close()));
    await app.close();
    await log.close();
    await source.destroy();
    await postgres?.stop();
    rmSync(noteIn(dataDir), { force: true });
  };
  return { url: address, keys, log, desk, resumed, stop };
}

function addressOf(app: INestApplication): string {
  const { port } = app.getHttpServer().address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

function noteIn(dataDir: string): string {
  return join(dataDir, 'connection.json');
}

/** Two processes on the same data would fence each other for ever. */
function refuseSecond(dataDir: string): void {
  if (!existsSync(noteIn(dataDir))) return;
  const { pid, url } = JSON.parse(readFileSync(noteIn(dataDir), 'utf8'));
  if (pid === process.pid || !isAlive(pid)) return;
  const found = `expected nobody on the data in ${dataDir}, found process ${pid} at ${url}`;
  throw new Fault('CONFIG_INVALID', `${found}; use that one, or stop it first`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Deploys the project's workflows; runs that are under way stay on what they began with. */
async function deployProject(log: LogPort, { projectDir, env }: StandaloneOptions): Promise<void> {
  const { workflows, problems } = loadProject(projectDir, env);
  if (problems.length > 0) {
    const lines = problems.map(
      ({ file, line, column, code, message }) => `${file}:${line}:${column} ${code} ${message}`,
    );
    throw new Fault('DEFINITION_INVALID', `the project has problems:\n${lines.join('\n')}`);
  }
  for (const { definition } of workflows) await deploy(log, LOCAL_TENANT, definition, true);
}
