import type { Consumer, Kafka } from 'kafkajs';
import type { Membership } from '../port';

const SESSION_MS = 6_000;
const HEARTBEAT_MS = 500;

/**
 * Shares a topic's partitions among the members of a group. The broker's word is a hint: it says
 * who should work on a partition, the log says who may (design: takeover).
 */
export async function joinGroup(
  kafka: Kafka,
  groupId: string,
  topic: string,
  assigned: (partitions: readonly number[]) => void,
): Promise<Membership> {
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: SESSION_MS,
    rebalanceTimeout: SESSION_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: HEARTBEAT_MS,
    allowAutoTopicCreation: false,
    // A consumer that crashed is started again, whatever the reason.
    retry: { retries: 8, restartOnFailure: async () => true },
  });
  listen(consumer, topic, assigned);
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    // Members read by themselves, at offsets of their own: nothing is fetched here.
    eachBatch: async ({ pause }) => void pause(),
  });
  return {
    leave: async () => {
      assigned([]);
      await consumer.disconnect();
    },
  };
}

function listen(
  consumer: Consumer,
  topic: string,
  assigned: (partitions: readonly number[]) => void,
): void {
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const partitions = payload.memberAssignment[topic] ?? [];
    assigned(partitions);
    if (partitions.length > 0) consumer.pause([{ topic, partitions }]);
  });
}
