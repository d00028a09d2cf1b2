import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deploy } from '@fermata/gateway';
import { kafkaLog, ORIGIN } from '@fermata/log';
import { loadProject } from '@fermata/sdk';
import { CommandDesk } from '@fermata/service';
import { startPostgres } from '@fermata/standalone';
import { kafkaTools, startService, type ServiceProcess } from '@fermata/testing';
import { Load, measureBoth, type Measured, type Usage } from './load';
import { PROJECT } from './standalone';

const PARTITIONS = 4;
const TICKS_PER_SECOND = 100;
const PAGE_KIB = 4;

/** Measures the services as processes over a real Kafka, the audit projector running. */
export async function measureOnKafka(runs: number): Promise<Measured[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fermata-bench-'));
  chmodSync(dataDir, 0o755);
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const kafka = await kafkaTools().startKafka();
    stops.push(() => kafka.stop());
    const postgres = await startPostgres(join(dataDir, 'postgres'));
    stops.push(() => postgres.stop());
    const services: ServiceProcess[] = [];
    const env = {
      KAFKA_BROKERS: kafka.brokers,
      FERMATA_PARTITIONS: String(PARTITIONS),
      FERMATA_DATABASE_URL: postgres.url,
      FERMATA_PROJECT: PROJECT,
    };
    for (const name of ['scheduler', 'audit-projector', 'agent-runner'] as const) {
      const service = await startService(name, env);
      services.push(service);
      stops.push(() => service.end('SIGTERM'));
    }
    const client = { brokers: kafka.brokers.split(','), clientId: 'bench' };
    const log = await kafkaLog({ client, partitions: PARTITIONS });
    stops.push(() => log.close());
    const [workflow] = loadProject(PROJECT, {}).workflows;
    if (workflow === undefined) throw new Error('expected a workflow in the project of the bench');
    await deploy(log, 'local', workflow.definition, true);
    const desk = new CommandDesk(log, async () => ORIGIN);
    desk.start();
    stops.push(() => desk.stop());
    const pids = services.flatMap(({ child }) => child.pid ?? []);
    return await measureBoth(new Load(log, desk), 'fermata on kafka', runs, usageOf(pids));
  } finally {
    for (const stop of stops.reverse()) await stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** The services, without the broker and without the load. */
function usageOf(pids: readonly number[]): Usage {
  return () => {
    let [ticks, pages] = [0, 0];
    for (const pid of pids) {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      ticks += Number(fields[11]) + Number(fields[12]);
      pages += Number(fields[21]);
    }
    return { cpuSeconds: ticks / TICKS_PER_SECOND, rssMiB: Math.round((pages * PAGE_KIB) / 1_024) };
  };
}
