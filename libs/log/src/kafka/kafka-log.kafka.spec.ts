import { randomUUID } from 'node:crypto';
import { AssignerProtocol, type Message } from 'kafkajs';
import { ORIGIN, type Place } from '../acceptance';
import { AcceptedReader } from '../accepted-reader';
import { describeLog } from '../conformance.fixture';
import { PartitionWriter } from '../partition-writer';
import type { LogPort } from '../port';
import { kafkaClient } from './cluster';
import { kafkaLog } from './kafka-log';

const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');
const opened: LogPort[] = [];

const newPrefix = (): string => `test-${randomUUID().slice(0, 8)}`;

async function openLog(prefix: string, partitions = 4): Promise<LogPort> {
  const log = await kafkaLog({ client: { brokers, clientId: 'test' }, prefix, partitions });
  opened.push(log);
  return log;
}

/**
 * Writes one record into each of these empty topics in a transaction of another client, and ends
 * it. The broker answers before it has written what ends a transaction: that is waited for.
 */
async function writeInTransaction(
  prefix: string,
  topics: readonly string[],
  message: Message,
  how: 'commit' | 'abort',
): Promise<void> {
  const client = kafkaClient({ brokers });
  const producer = client.producer({ transactionalId: prefix, maxInFlightRequests: 1 });
  const admin = client.admin();
  await Promise.all([producer.connect(), admin.connect()]);
  const transaction = await producer.transaction();
  const names = topics.map((topic) => `${prefix}.${topic}`);
  for (const topic of names) await transaction.send({ topic, messages: [message] });
  await transaction[how]();
  const endOf = async (topic: string) => (await admin.fetchTopicOffsets(topic))[0]?.high;
  for (const topic of names) while ((await endOf(topic)) !== '2');
  await Promise.all([producer.disconnect(), admin.disconnect()]);
}

/** Gives nobody anything. */
const ownWay = {
  version: 1,
  assign: async () => [],
  protocol: ({ topics }: { topics: string[] }) => ({
    name: 'another',
    metadata: AssignerProtocol.MemberMetadata.encode({
      version: 1,
      topics,
      userData: Buffer.alloc(0),
    }),
  }),
};

jest.setTimeout(30_000);

afterEach(async () => {
  await Promise.all(opened.splice(0).map((log) => log.close()));
}, 30_000);

describeLog(
  'kafka',
  async () => {
    const prefix = newPrefix();
    return { log: await openLog(prefix), peer: () => openLog(prefix) };
  },
  { fences: false },
);

describe('the kafka log', () => {
  it('refuses another partition count than that of before', async () => {
    const prefix = newPrefix();
    await openLog(prefix, 4);
    await expect(openLog(prefix, 8)).rejects.toThrow(/expected 8 partitions of .*, found 4/);
  });

  it('refuses a topic that would forget, and says what to change', async () => {
    const prefix = newPrefix();
    const admin = kafkaClient({ brokers }).admin();
    await admin.connect();
    const configEntries = [{ name: 'retention.ms', value: '604800000' }];
    const topic = `${prefix}.log`;
    await admin.createTopics({ topics: [{ topic, numPartitions: 4, configEntries }] });
    await admin.disconnect();
    await expect(openLog(prefix)).rejects.toThrow(
      /retention\.ms=-1 of .*\.log, found 604800000.*change each: kafka-configs/,
    );
  });

  it('passes over what is no dead letter among the dead letters', async () => {
    const prefix = newPrefix();
    const log = await openLog(prefix);
    const producer = kafkaClient({ brokers }).producer();
    await producer.connect();
    await producer.send({ topic: `${prefix}.dead-letters`, messages: [{ value: 'hello' }] });
    await producer.disconnect();
    const at = { topic: 'commands', partition: 1, offset: 7, code: 'JSON_MALFORMED' } as const;
    const record = { key: 'acme/run-1', headers: {}, value: '{' };
    await log.putDeadLetter({ ...at, reason: 'no JSON', record });
    expect(await log.deadLetters()).toEqual([{ ...at, reason: 'no JSON', record }]);
  });

  it('starts in many processes at once on brokers that have no topic yet', async () => {
    const prefix = newPrefix();
    const logs = await Promise.all(Array.from({ length: 6 }, () => openLog(prefix)));
    const ends = await Promise.all(logs.map((log) => log.end('log', 3)));
    expect(ends).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('gives each partition to one member, and a leaver’s partitions to those who stay', async () => {
    const prefix = newPrefix();
    const [first, second] = [await openLog(prefix), await openLog(prefix)];
    const given = new Map<string, readonly number[]>();
    let heard: () => void = () => undefined;
    const hear = (name: string) => (partitions: readonly number[]) => {
      given.set(name, partitions);
      heard();
    };
    const until = async (fine: () => boolean): Promise<void> => {
      while (!fine()) await new Promise<void>((resolve) => (heard = resolve));
    };
    const all = (): number[] => [...given.values()].flat().sort();
    const one = await first.join('group', hear('first'));
    await until(() => all().length === 4);
    const two = await second.join('group', hear('second'));
    await until(() => given.get('second')?.length === 2 && given.get('first')?.length === 2);
    expect(all()).toEqual([0, 1, 2, 3]);
    await one.leave();
    await until(() => given.get('second')?.length === 4);
    await two.leave();
  });

  it('gives a member its partitions after an error that ends a consumer for good', async () => {
    const prefix = newPrefix();
    const log = await openLog(prefix);
    const topic = `${prefix}.commands`;
    // Two ways of sharing in one group: the broker refuses the second member.
    const other = kafkaClient({ brokers }).consumer({
      groupId: `${topic}.group`,
      partitionAssigners: [() => ({ ...ownWay, name: 'another' })],
    });
    const joined = new Promise((resolve) => other.on(other.events.GROUP_JOIN, resolve));
    await other.connect();
    await other.subscribe({ topics: [topic] });
    await other.run({ eachMessage: async () => undefined });
    await joined;
    const warned = new Promise<unknown>((resolve) => {
      jest.spyOn(process, 'emitWarning').mockImplementation(resolve);
    });
    let give: (partitions: readonly number[]) => void = () => undefined;
    const given = new Promise<readonly number[]>((resolve) => (give = resolve));
    const membership = log.join('group', (partitions) => give(partitions));
    expect(await warned).toMatch(/protocols are incompatible.*it is joined again/);
    await other.disconnect();
    expect(await given).toEqual([0, 1, 2, 3]);
    await (await membership).leave();
  });

  it('gives the records of a transaction, and not the one that ends it', async () => {
    const prefix = newPrefix();
    const log = await openLog(prefix, 1);
    const message = { key: 'acme/run-1', value: 'in a transaction' };
    await writeInTransaction(prefix, ['commands'], message, 'commit');
    await log.send([{ key: 'acme/run-1', headers: {}, value: 'after it' }]);
    const reader = await log.open('commands', 0, 0);
    const values: string[] = [];
    while (values.length < 2) values.push(...(await reader.read(10)).map(({ value }) => value));
    reader.close();
    expect(values).toEqual(['in a transaction', 'after it']);
  });

  it('tells a command that is too large for the brokers from one to send again', async () => {
    const log = await openLog(newPrefix(), 1);
    const sent = log.send([{ key: 'acme/run-1', headers: {}, value: '漢'.repeat(400_000) }]);
    await expect(sent).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE', retryable: false });
  });

  it('comes to the end of topics that end with what is no record', async () => {
    const prefix = newPrefix();
    const log = await openLog(prefix, 1);
    const topics = ['dead-letters', 'definitions', 'checkpoints', 'log'];
    const message = { key: 'a', value: 'b', partition: 0, headers: { fence: '0/0/0' } };
    await writeInTransaction(prefix, topics, message, 'abort');
    const end = await log.end('log', 0);
    expect(end).toBe(2);
    expect(await log.deadLetters()).toEqual([]);
    const peer = await openLog(prefix, 1);
    expect(await peer.getLatest('unknown')).toBeNull();
    const read = [];
    for await (const text of peer.readParts(0, [0, 1])) read.push(text);
    expect(read).toEqual(['b', null]);
    const reader = await AcceptedReader.open(peer, 0, ORIGIN);
    let place: Place = ORIGIN;
    while (place.offset + 1 < end) place = (await reader.next(10))?.place ?? place;
    expect(place).toEqual({ offset: 1, epoch: 0, seq: 0 });
    const pause = async () => undefined;
    const writer = new PartitionWriter(log, 0, () => undefined, { resendsMax: 3, pause });
    expect(await writer.claim(() => ({ key: 'k', headers: {}, value: 'mine' }))).toBe(true);
    reader.close();
  });

  it('goes on with a producer that the broker has forgotten', async () => {
    const prefix = newPrefix();
    const log = await openLog(prefix, 1);
    const records = (value: string) => [{ key: 'acme/run-1', headers: {}, value }];
    await log.send(records('before'));
    await log.append(0, 0, records('before'));
    const admin = kafkaClient({ brokers }).admin();
    await admin.connect();
    // With the topics the broker loses what it knew of those who wrote to them.
    const topics = [`${prefix}.commands`, `${prefix}.log`];
    await admin.deleteTopics({ topics });
    await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 1 })) });
    await admin.disconnect();
    let outcome = await log.append(0, 0, records('after'));
    while (outcome.kind !== 'appended') outcome = await log.append(0, 0, records('after'));
    for (let sent = false; !sent; ) {
      sent = await log.send(records('after')).then(
        () => true,
        () => false,
      );
    }
    expect(outcome.base).toBe(0);
  });
});
