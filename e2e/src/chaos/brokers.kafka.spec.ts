import { kafkaTools, type KafkaNode, type LocalKafka } from '@fermata/testing';
import { ConfigResourceTypes, Kafka, logLevel, type Admin } from 'kafkajs';
import { sleep } from '../standalone-process';
import { wrongOf } from './oracle';
import { openStage, type Stage } from './stage';
import { until } from './until';

jest.setTimeout(180_000);

describe('three brokers', () => {
  let kafka: LocalKafka;
  let stage: Stage;
  let admin: Admin;

  beforeAll(async () => {
    kafka = await kafkaTools().startKafka({ nodes: 3 });
    stage = await openStage(kafka.brokers, 3);
    const client = { brokers: kafka.brokers.split(','), logLevel: logLevel.NOTHING };
    admin = new Kafka(client).admin();
    await admin.connect();
  });

  afterAll(async () => {
    await admin.disconnect();
    await stage.close();
    await kafka.stop();
  });

  const topics = (): string[] => ['log', 'commands'].map((name) => `${stage.house.prefix}.${name}`);

  it('confirm what two of three have, by settings of the topics themselves', async () => {
    const configNames = ['min.insync.replicas'];
    const resources = topics().map((name) => ({
      type: ConfigResourceTypes.TOPIC,
      name,
      configNames,
    }));
    const found = await admin.describeConfigs({ includeSynonyms: false, resources });
    const entries = found.resources.flatMap(({ configEntries }) => configEntries);
    const own = { configName: 'min.insync.replicas', configValue: '2', isDefault: false };
    expect(entries).toEqual(topics().map(() => expect.objectContaining(own)));
  });

  /** Takes every partition away from the broker that leads it, or gives all three back. */
  const moveLeaders = async (): Promise<void> => {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: topics() });
    const ids = kafka.nodes.map(({ id }) => id);
    const moved = found.map(({ name, partitions }) => ({
      topic: name,
      partitionAssignment: partitions.map(({ partitionId, leader }) => ({
        partition: partitionId,
        replicas: ids.filter((id) => id !== leader),
      })),
    }));
    await admin.alterPartitionReassignments({ topics: moved });
    await until(async () => {
      const { topics: now } = await admin.fetchTopicMetadata({ topics: topics() });
      const same = now.flatMap(({ name, partitions }) => {
        const before = found.find((one) => one.name === name)?.partitions;
        return partitions
          .filter(({ partitionId, leader }) =>
            before?.some((one) => one.partitionId === partitionId && one.leader === leader),
          )
          .map(({ partitionId }) => `${name}/${partitionId}`);
      });
      return same.length === 0 ? null : `leaders that have not moved: ${same.join(', ')}`;
    }, 30_000);
    const whole = found.map(({ name, partitions }) => ({
      topic: name,
      partitionAssignment: partitions.map(({ partitionId, leader }) => ({
        partition: partitionId,
        replicas: [...ids.filter((id) => id !== leader), leader],
      })),
    }));
    await admin.alterPartitionReassignments({ topics: whole });
  };

  /** Starts runs again and again while something happens. */
  const underLoad = async (name: string, happening: Promise<unknown>): Promise<void> => {
    let over = false;
    const done = happening.finally(() => (over = true));
    for (let round = 0; !over; round += 1) {
      await stage.crowd.start(`${name}-${round}`, 1);
      await sleep(250);
    }
    await done;
  };

  const restart = async (node: KafkaNode | undefined): Promise<void> => {
    if (node === undefined) throw new Error('expected a third broker, found none');
    await kafka.signal(node, 'SIGTERM');
    await kafka.start(node);
  };

  // Cases 11, 12. The other two brokers go down in the next test.
  it('may move every leader, and one may restart, under load', async () => {
    await underLoad('moved', moveLeaders());
    await underLoad('restarted', restart(kafka.nodes[2]));
    await stage.crowd.untilOver();
    expect(await wrongOf(stage)).toEqual([]);
  });

  // Case 13.
  it('may lose one, and go on; or two, and go on when these are back', async () => {
    const [first, second] = kafka.nodes as [KafkaNode, KafkaNode];
    await kafka.signal(first, 'SIGKILL');
    await stage.crowd.start('one-lost', 2);
    await stage.crowd.untilOver();
    await kafka.signal(second, 'SIGKILL');
    const waiting = stage.crowd.start('two-lost', 2);
    const askedAt = Date.now();
    const refused = stage.house.log.send([{ key: 'local/nobody', headers: {}, value: '' }]);
    await expect(refused).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE', retryable: true });
    const refusedAfterMs = Date.now() - askedAt;
    const endedWithOne = [...stage.house.ended].filter((run) => run.includes('two-lost'));
    await Promise.all([kafka.start(first), kafka.start(second)]);
    await waiting;
    await stage.crowd.untilOver(90_000);
    expect(endedWithOne).toEqual([]);
    // Three tries of ten seconds at most: who asks must hear of it while he still waits.
    expect(refusedAfterMs).toBeLessThan(40_000);
    expect(await wrongOf(stage)).toEqual([]);
  });
});
