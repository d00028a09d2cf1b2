import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { decodeEvent, encodeCommand, type Command, type Event } from '@fermata/contracts';
import { deploy } from '@fermata/gateway';
import { AcceptedReader, kafkaLog, ORIGIN, type LogPort } from '@fermata/log';
import { loadProject } from '@fermata/sdk';
import { CommandDesk } from '@fermata/service';
import { startPostgres, type RunningPostgres } from '@fermata/standalone';
import { startService, type ServiceName, type ServiceProcess } from '@fermata/testing';

const PARTITIONS = 4;
const PROJECT = join(__dirname, '../../bench/project');

jest.setTimeout(60_000);

/** Services as processes on a Kafka that they share with nobody. */
class House {
  readonly services: ServiceProcess[] = [];
  readonly ended = new Set<string>();
  private wake: () => void = () => undefined;

  constructor(
    readonly log: LogPort,
    private readonly desk: CommandDesk,
    private readonly env: Readonly<Record<string, string>>,
    readonly hash: string,
  ) {
    desk.listen(({ entries }) => {
      for (const { event } of entries) {
        if (event.type === 'RunCompleted') this.ended.add(event.run);
      }
      this.wake();
    });
    desk.start();
  }

  async start(name: ServiceName): Promise<ServiceProcess> {
    const service = await startService(name, this.env);
    this.services.push(service);
    return service;
  }

  async send(run: string): Promise<void> {
    const command = {
      id: `start-${run}`,
      source: 'e2e',
      tenant: 'local',
      run,
      time: Date.now(),
      actor: 'user:e2e',
      correlationId: run,
      type: 'StartRun',
      data: { workflow: { name: 'five', version: '1.0.0', hash: this.hash }, input: {} },
    } as Command;
    await this.log.send([encodeCommand(command)]);
  }

  /** Waits until so many runs have ended. */
  async untilEnded(count: number): Promise<void> {
    while (this.ended.size < count) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  /** All that every reader accepts of the log, by now. */
  async accepted(): Promise<Event[]> {
    const events: Event[] = [];
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const end = await this.log.end('log', partition);
      const reader = await AcceptedReader.open(this.log, partition, ORIGIN);
      for (let at = 0; at < end; ) {
        const batch = await reader.next(2_000);
        if (batch === null) break;
        events.push(...batch.records.map(({ record }) => decodeEvent(record)));
        at = batch.place.offset + 1;
      }
      reader.close();
    }
    return events;
  }

  async stop(): Promise<void> {
    await Promise.all(this.services.map((service) => service.end('SIGTERM')));
    await this.desk.stop();
    await this.log.close();
  }
}

describe('schedulers that share the partitions of a Kafka', () => {
  let dataDir: string;
  let postgres: RunningPostgres;
  let house: House;

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'fermata-takeover-'));
    chmodSync(dataDir, 0o755);
    postgres = await startPostgres(join(dataDir, 'postgres'));
    const brokers = process.env['KAFKA_BROKERS'] ?? '';
    const prefix = `e2e-${randomUUID().slice(0, 8)}`;
    const env = {
      KAFKA_BROKERS: brokers,
      FERMATA_TOPIC_PREFIX: prefix,
      FERMATA_PARTITIONS: String(PARTITIONS),
      FERMATA_DATABASE_URL: postgres.url,
      FERMATA_PROJECT: PROJECT,
    };
    const client = { brokers: brokers.split(','), clientId: 'e2e' };
    const log = await kafkaLog({ client, prefix, partitions: PARTITIONS });
    const [workflow] = loadProject(PROJECT, {}).workflows;
    if (workflow === undefined) throw new Error('expected a workflow');
    const { hash } = await deploy(log, 'local', workflow.definition, true);
    house = new House(log, new CommandDesk(log, async () => ORIGIN), env, hash);
    await house.start('audit-projector');
    await house.start('agent-runner');
  });

  afterAll(async () => {
    await house.stop();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const sendMany = async (from: number, count: number): Promise<void> => {
    for (let index = from; index < from + count; index += 1) await house.send(`run-${index}`);
  };

  it('go on when one is killed: every run ends, and nothing is decided twice', async () => {
    const first = await house.start('scheduler');
    await house.start('scheduler');
    await sendMany(0, 100);
    await house.untilEnded(50);
    await first.end('SIGKILL');
    await sendMany(100, 100);
    await house.untilEnded(200);
    const events = await house.accepted();
    const started = events.filter(({ type }) => type === 'RunStarted').map(({ run }) => run);
    expect(started).toHaveLength(200);
    expect(new Set(started).size).toBe(200);
    const completed = events.flatMap((event) =>
      event.type === 'StepCompleted' ? [`${event.run}/${event.data.step}`] : [],
    );
    expect(completed).toHaveLength(1_000);
    expect(new Set(completed).size).toBe(1_000);
  });

  it('hand over when one is stopped, while runs go on', async () => {
    const leaver = house.services.find(({ name, child }) => name === 'scheduler' && !child.killed);
    await house.start('scheduler');
    await sendMany(200, 50);
    expect(await leaver?.end('SIGTERM')).toBe(0);
    await sendMany(250, 50);
    await house.untilEnded(300);
    const claims = (await house.accepted()).filter(({ type }) => type === 'PartitionClaimed');
    expect(claims.length).toBeGreaterThan(PARTITIONS);
  });

  it('go on with the attempts of a runner that was killed', async () => {
    const runner = house.services.find(({ name }) => name === 'agent-runner');
    await house.start('agent-runner');
    await sendMany(300, 50);
    await runner?.end('SIGKILL');
    await sendMany(350, 50);
    await house.untilEnded(400);
    const events = await house.accepted();
    const completed = events.flatMap((event) =>
      event.type === 'StepCompleted' ? [`${event.run}/${event.data.step}`] : [],
    );
    expect(new Set(completed).size).toBe(completed.length);
  });
});
