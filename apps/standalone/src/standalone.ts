import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AgentRunnerModule, AttemptLoop, RegisteredAgents } from '@fermata/agent-runner';
import { ApprovalServiceModule } from '@fermata/approval-service';
import { AuditProjectorModule } from '@fermata/audit-projector';
import { Fault } from '@fermata/contracts';
import { deploy, GatewayModule, ProjectionProgress } from '@fermata/gateway';
import { ORIGIN, postgresLog, type LogPort } from '@fermata/log';
import { openReadModel, savedPlace } from '@fermata/read-model';
import { SchedulerModule } from '@fermata/scheduler';
import { loadProject, type AllowedHost, type ProjectWorkflow } from '@fermata/sdk';
import { ceilingsIn, CommandDesk, createEdge } from '@fermata/service';
import { Logger, Module, type INestApplication } from '@nestjs/common';
import type { AddressInfo, Server } from 'node:net';
import { claimData, leaveNote, refuseBusyPort, removeNote } from './claim';
import { startPostgres } from './embedded-postgres';
import { LOCAL_TENANT, localKeys, type LocalKeys } from './local-keys';

/** How to run everything in one process. */
export interface StandaloneOptions {
  /** Folder of the user's project, with `fermata.yaml`. */
  readonly projectDir: string;
  /** Tenants that may use its function agents, unless only the local one. */
  readonly tenants?: readonly string[];
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

/** Composes all services in this process, over PostgreSQL; what fails to start leaves nothing. */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const workflows = workflowsOf(options);
  const registered = await registeredAgents(options);
  claimData(options.dataDir);
  await refuseBusyPort(options.port);
  const endings: Ending[] = [];
  try {
    return await compose(options, { workflows, registered }, endings);
  } catch (error) {
    await endAll(endings);
    throw error;
  }
}

/** The project, read and with its functions loaded. */
interface LoadedProject {
  readonly workflows: readonly ProjectWorkflow[];
  readonly registered: RegisteredAgents;
}

/** The functions of the project: who starts standalone is their operator. */
async function registeredAgents(options: StandaloneOptions): Promise<RegisteredAgents> {
  const { projectDir, tenants = [LOCAL_TENANT] } = options;
  return RegisteredAgents.load([{ dir: projectDir, tenants }], () => true);
}

/** How a part that was started is stopped. */
type Ending = () => unknown;

/** Stops the parts, the last one first. */
async function endAll(endings: Ending[]): Promise<void> {
  for (const end of endings.splice(0).reverse()) await end();
}

async function compose(
  options: StandaloneOptions,
  { workflows, registered }: LoadedProject,
  endings: Ending[],
): Promise<Standalone> {
  const { dataDir } = options;
  const resumed = existsSync(join(dataDir, 'keys.json'));
  const { keys, directory } = localKeys(dataDir, options.keysFile);
  endings.push(() => removeNote(dataDir));
  const url = options.databaseUrl ?? (await embeddedDatabase(dataDir, endings));
  const source = await openReadModel(url);
  endings.push(() => source.destroy());
  const log = await postgresLog({ url, partitions: 4, shared: false });
  endings.push(() => log.close());
  const startPlace = async (at: number) => (await savedPlace(source, at)) ?? ORIGIN;
  const desk = new CommandDesk(log, startPlace, new ProjectionProgress(source));
  const ceilings = ceilingsIn(options.env);
  const { allowedHosts } = options;
  const edge = { log, source, desk, ceilings, allowedHosts };
  await registered.announce(log, true);
  for (const { definition } of workflows) {
    await deploy(log, LOCAL_TENANT, definition, true, ceilings);
  }
  const app = await createEdge({
    module: StandaloneModule,
    imports: [
      SchedulerModule.register({ log, config: { ceilings } }),
      AgentRunnerModule.register({ log, registered, ...options }),
      AuditProjectorModule.register(source),
      GatewayModule.register(edge, directory),
      ApprovalServiceModule.register({ source, desk }, directory),
    ],
  });
  // An answer that a stop cuts short is no defect: nobody waits for it any more.
  endings.push(() => Logger.overrideLogger(['fatal']));
  endings.push(() => app.close());
  const transports = [AgentRunnerModule.connect(app, log), AuditProjectorModule.connect(app, log)];
  endings.push(() => Promise.all(transports.map((transport) => transport.close())));
  desk.start();
  endings.push(() => desk.stop());
  await app.startAllMicroservices();
  endings.push(() => app.get(AttemptLoop).stop());
  await app.listen(options.port, '127.0.0.1');
  const address = addressOf(app);
  leaveNote(dataDir, address, keys);
  return { url: address, keys, log, desk, resumed, stop: () => endAll(endings) };
}

async function embeddedDatabase(dataDir: string, endings: Ending[]): Promise<string> {
  const { url, stop } = await startPostgres(join(dataDir, 'postgres'));
  endings.push(stop);
  return url;
}

function addressOf(app: INestApplication): string {
  const server = app.getHttpServer() as Server;
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** The project's workflows; runs that are under way stay on what they began with. */
function workflowsOf({
  projectDir,
  env,
  allowedHosts,
}: StandaloneOptions): readonly ProjectWorkflow[] {
  const { workflows, problems } = loadProject(projectDir, env, { allowedHosts });
  if (problems.length === 0) return workflows;
  const lines = problems.map(
    ({ file, line, column, code, message }) => `${file}:${line}:${column} ${code} ${message}`,
  );
  const found = `expected a valid project in ${projectDir}, found:\n${lines.join('\n')}`;
  throw new Fault('DEFINITION_INVALID', found);
}
