import type { Consumer, Kafka } from 'kafkajs';
import type { Membership } from '../port';

const SESSION_MS = 6_000;
/** How soon a member hears that the group is shared anew: part of the time of a hand-over. */
const HEARTBEAT_MS = 200;
/** How long a consumer that reads nothing sleeps between two looks at its heartbeat or its end. */
const IDLE_MS = 50;
const REJOIN_MS = 500;

type Assigned = (partitions: readonly number[]) => void;

/**
 * Shares a topic's partitions among the members of a group. The broker's word is a hint: it says
 * who should work on a partition, the log says who may (design: takeover).
 */
export async function joinGroup(
  kafka: Kafka,
  groupId: string,
  topic: string,
  assigned: Assigned,
): Promise<Membership> {
  const member = new Member(kafka, groupId, topic, assigned);
  await member.join();
  return { leave: () => member.leave() };
}

/** A member of a group, by one consumer after the other: what ends one must not end the other. */
class Member {
  private consumer: Consumer | undefined;
  private left = false;

  constructor(
    private readonly kafka: Kafka,
    private readonly groupId: string,
    private readonly topic: string,
    private readonly assigned: Assigned,
  ) {}

  /** Joins, again and again until it succeeds or is told to leave. */
  async join(): Promise<void> {
    while (!this.left) {
      try {
        return await this.run();
      } catch (error) {
        await this.recover(error);
      }
    }
  }

  async leave(): Promise<void> {
    this.left = true;
    this.assigned([]);
    await this.consumer?.disconnect();
  }

  private async run(): Promise<void> {
    const { kafka, groupId, topic } = this;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: IDLE_MS,
      allowAutoTopicCreation: false,
      retry: { retries: 8, restartOnFailure: async () => !this.left },
    });
    this.consumer = consumer;
    this.listen(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      // Members read by themselves, at offsets of their own: nothing is fetched here.
      eachBatch: async ({ pause }) => void pause(),
    });
  }

  private listen(consumer: Consumer): void {
    const { topic } = this;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (this.left) return;
      const partitions = payload.memberAssignment[topic] ?? [];
      this.assigned(partitions);
      if (partitions.length > 0) consumer.pause([{ topic, partitions }]);
    });
    // kafkajs restarts a consumer after an error that may pass; after any other we do.
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      if (!restart && !this.left) void this.recover(error).then(() => this.join());
    });
  }

  private async recover(error: unknown): Promise<void> {
    const found = `expected to be a member of group ${this.groupId}, found: ${String(error)}`;
    process.emitWarning(`${found}; it is joined again`, 'FermataWarning');
    await this.consumer?.disconnect().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, REJOIN_MS));
  }
}
