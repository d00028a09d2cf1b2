import { randomUUID } from 'node:crypto';
import { decodeEvent, partitionOf, type Event } from '@fermata/contracts';
import { AcceptedReader, fenceOf, kafkaLog, ORIGIN, type LogPort } from '@fermata/log';
import { Logger } from '@nestjs/common';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { deploy } from './flow.fixture';
import { start } from './partition.fixture';
import { Scheduler } from './scheduler.module';

const PARTITIONS = 2;
const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');

jest.setTimeout(60_000);

describe('a scheduler over a Kafka', () => {
  let admin: Admin;
  let prefix: string;
  let log: LogPort;
  let schedulers: Scheduler[];
  const logs: LogPort[] = [];

  const openLog = async (): Promise<LogPort> => {
    const client = { brokers, clientId: 'test' };
    const opened = await kafkaLog({ client, prefix, partitions: PARTITIONS });
    logs.push(opened);
    return opened;
  };

  beforeAll(async () => {
    admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(() => admin.disconnect());

  beforeEach(async () => {
    prefix = `test-${randomUUID().slice(0, 8)}`;
    schedulers = [];
    log = await openLog();
    await deploy(log);
  });
  afterEach(async () => {
    await Promise.all(schedulers.map((one) => one.beforeApplicationShutdown()));
    await Promise.all(logs.splice(0).map((one) => one.close()));
    jest.restoreAllMocks();
  });

  const schedule = async (by: LogPort): Promise<Scheduler> => {
    const scheduler = new Scheduler({ log: by });
    schedulers.push(scheduler);
    scheduler.onApplicationBootstrap();
    return scheduler;
  };

  const stop = async (scheduler: Scheduler): Promise<void> => {
    schedulers.splice(schedulers.indexOf(scheduler), 1);
    await scheduler.beforeApplicationShutdown();
  };

  /** A run that lives in a partition. */
  const runIn = (partition: number): string => {
    for (;;) {
      const run = `run-${randomUUID()}`;
      if (partitionOf(`acme/${run}`, PARTITIONS) === partition) return run;
    }
  };

  /** Accepted events of a partition, until these runs have started. */
  const untilStarted = async (partition: number, runs: readonly string[]): Promise<Event[]> => {
    const reader = await AcceptedReader.open(log, partition, ORIGIN);
    const events: Event[] = [];
    const started = (run: string) =>
      events.some((event) => event.type === 'RunStarted' && event.run === run);
    while (!runs.every(started)) {
      const batch = await reader.next(1_000);
      events.push(...(batch?.records ?? []).map(({ record }) => decodeEvent(record)));
    }
    reader.close();
    return events;
  };

  /** Hears the alarm of a partition that is halted. */
  const alarm = (): Promise<string> =>
    new Promise((resolve) => {
      jest.spyOn(Logger.prototype, 'fatal').mockImplementation(resolve as () => void);
    });

  // Case 19.
  it('halts a partition whose commands were deleted before it took them, and serves the others', async () => {
    const [lost, other] = [runIn(0), runIn(1)];
    await log.send([start(lost), start(other)]);
    // kafkajs deletes only in a topic whose leaders it has asked for.
    await admin.fetchTopicOffsets(`${prefix}.commands`);
    await admin.deleteTopicRecords({
      topic: `${prefix}.commands`,
      partitions: [{ partition: 0, offset: '1' }],
    });
    const alarmed = alarm();
    await schedule(await openLog());
    expect(await alarmed).toMatch(/partition 0 is halted: expected .*commands of partition 0/);
    await untilStarted(1, [other]);
  });

  it('serves a partition on whose last record ended a transaction, and was deleted', async () => {
    const runs = [runIn(0), runIn(0)] as const;
    const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ transactionalId: prefix, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    const topic = `${prefix}.commands`;
    await transaction.send({ topic, messages: [{ ...start(runs[0]), partition: 0 }] });
    await transaction.commit();
    await producer.disconnect();
    const first = await schedule(await openLog());
    const reader = await log.open('log', 0, 0);
    let position: number | null = null;
    while (position !== 2) {
      position =
        (await reader.read(1_000)).map((record) => fenceOf(record).position).at(-1) ?? null;
    }
    reader.close();
    await stop(first);
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
    await schedule(await openLog());
    await log.send([start(runs[1])]);
    await untilStarted(0, runs);
  });

  // Rule R11.
  it('halts every partition whose commands were made anew', async () => {
    const run = runIn(0);
    await log.send([start(run)]);
    const first = await schedule(await openLog());
    await untilStarted(0, [run]);
    await stop(first);
    await admin.deleteTopics({ topics: [`${prefix}.commands`] });
    const alarmed = alarm();
    await schedule(await openLog());
    expect(await alarmed).toMatch(
      /partition 0 is halted: expected .*to hold offset 1, found 0 to 0/,
    );
  });

  // Case 18.
  it('goes on where the log is, whatever offset its group was set to', async () => {
    const runs = [runIn(0), runIn(0), runIn(0)] as const;
    await log.send([start(runs[0])]);
    const first = await schedule(await openLog());
    await untilStarted(0, [runs[0]]);
    await stop(first);
    await log.send([start(runs[1]), start(runs[2])]);
    const partitions = [{ partition: 0, offset: '3' }];
    const groupId = `${prefix}.commands.scheduler`;
    await admin.setOffsets({ groupId, topic: `${prefix}.commands`, partitions });
    await schedule(await openLog());
    const events = await untilStarted(0, runs);
    expect(events.filter(({ type }) => type === 'RunStarted')).toHaveLength(3);
  });

  // Case 7.
  it('decides each command once when a wrong assignment makes two owners of everything', async () => {
    const everything: LogPort['join'] = async (_group, assigned) => {
      assigned(Array.from({ length: PARTITIONS }, (_, partition) => partition));
      return { leave: async () => undefined };
    };
    const runs = Array.from({ length: 60 }, () => runIn(0));
    const send = async (from: number) => {
      for (const run of runs.slice(from, from + 20)) await log.send([start(run)]);
    };
    await schedule({ ...(await openLog()), join: everything });
    await send(0);
    await schedule({ ...(await openLog()), join: everything });
    await send(20);
    const third = await schedule({ ...(await openLog()), join: everything });
    await send(40);
    const events = await untilStarted(0, runs);
    await stop(third);
    const started = events.filter(({ type }) => type === 'RunStarted').map(({ run }) => run);
    expect(started).toHaveLength(runs.length);
    expect(new Set(started)).toEqual(new Set(runs));
    const owners = events.filter(({ type }) => type === 'PartitionClaimed');
    expect(owners.length).toBeGreaterThanOrEqual(3);
  });
});
