import { deploy } from '@fermata/gateway';
import { kafkaLog, ORIGIN, type LogPort } from '@fermata/log';
import { loadProject } from '@fermata/sdk';
import { CommandDesk } from '@fermata/service';
import { kafkaTools, startService } from '@fermata/testing';
import { FermataCaller, PROJECT } from './fermata-caller';
import { measureSystem } from './measure-system';
import type { Plan, Row } from './row';
import { scratchPostgres } from './scratch';
import type { Stops } from './stops';
import { usageOfSystem } from './usage';

const PARTITIONS = 4;

/** Measures the services as processes over a real Kafka, the audit projector running. */
export async function measureOnKafka(plan: Plan, stops: Stops): Promise<Row[]> {
  const { log, desk } = await startOnKafka(stops);
  const caller = new FermataCaller(log, desk);
  const system = {
    name: 'fermata on kafka',
    usage: () => usageOfSystem(false),
    run: caller.run.bind(caller),
    hold: caller.hold.bind(caller),
  };
  return measureSystem(system, plan);
}

/** Services that run, and what a caller needs of them. */
export interface OnKafka {
  readonly brokers: string;
  readonly log: LogPort;
  readonly desk: CommandDesk;
}

/** Starts a broker and the services as processes. */
export async function startOnKafka(stops: Stops): Promise<OnKafka> {
  const kafka = await kafkaTools().startKafka();
  stops.add(() => kafka.stop());
  const postgres = await scratchPostgres(stops);
  const env = {
    KAFKA_BROKERS: kafka.brokers,
    FERMATA_PARTITIONS: String(PARTITIONS),
    FERMATA_DATABASE_URL: postgres.url,
    FERMATA_PROJECT: `local+quiet+rush=${PROJECT}`,
  };
  for (const name of ['scheduler', 'audit-projector', 'agent-runner'] as const) {
    const service = await startService(name, env);
    stops.add(() => service.end('SIGTERM'));
  }
  const { log, desk } = await connectTo(kafka.brokers, stops);
  for (const { definition } of loadProject(PROJECT, {}).workflows) {
    await deploy(log, 'local', definition, true);
  }
  return { brokers: kafka.brokers, log, desk };
}

/** Connects a caller to services that run. */
export async function connectTo(brokers: string, stops: Stops): Promise<Omit<OnKafka, 'brokers'>> {
  const client = { brokers: brokers.split(','), clientId: 'bench' };
  const log = await kafkaLog({ client, partitions: PARTITIONS });
  stops.add(() => log.close());
  const desk = new CommandDesk(log, async () => ORIGIN);
  desk.start();
  stops.add(() => desk.stop());
  return { log, desk };
}
