// Starts a run by a record on Kafka, waits for the answer on the log and prints it. Exits with 0
// when the run was started, and with 1 when it was refused or nobody answered.
//   node start-run.ts <tenant> <run> <workflow>@<version> <hash> <input> [id]
// Who repeats a command gives it the same id again: it is carried out once.
import { randomUUID } from 'node:crypto';
import kafkajs, { type Consumer, type KafkaMessage } from 'kafkajs';

const { KAFKA_BROKERS = '127.0.0.1:9092', FERMATA_TOPIC_PREFIX = 'fermata' } = process.env;
const COMMANDS = `${FERMATA_TOPIC_PREFIX}.commands`;
const LOG = `${FERMATA_TOPIC_PREFIX}.log`;
/** How far before the end to begin: among so many records is one of the present owner's. */
const LOOK_BACK = 1_000;
const WAIT_MS = 30_000;

const [tenant = '', run = '', workflow = '', hash = '', input = '{}', id = randomUUID()] =
  process.argv.slice(2);
const [name = '', version = ''] = workflow.split('@');
const correlationId = `orders-${id}`;

// snippet: publish
/** A StartRun as a CloudEvent in binary mode: attributes in headers, the data in the value. */
const command = {
  key: `${tenant}/${run}`,
  headers: {
    ce_specversion: '1.0',
    ce_id: id,
    ce_type: 'fermata.run.start.v1',
    ce_source: '/orders',
    ce_subject: run,
    ce_time: new Date().toISOString(),
    ce_tenant: tenant,
    ce_actor: 'service:orders',
    ce_correlationid: correlationId,
    'content-type': 'application/json',
  },
  value: JSON.stringify({ workflow: { name, version, hash }, input: JSON.parse(input) as unknown }),
};
// end snippet

// snippet: answer
/** What an answer is read from. */
interface Event {
  readonly type: string;
  readonly subject: string;
  readonly tenant?: string;
  readonly causationid: string;
  readonly correlationid: string;
  readonly data: { readonly outcome?: string; readonly code?: string; readonly message?: string };
}

/** Passes over what an owner of a partition wrote after it lost it, and what it wrote twice. */
class Acceptance {
  private epoch = 0;
  private seq = 0;

  accepts(fence: string): boolean {
    const [epoch = 0, seq = 0] = fence.split('/').map(Number);
    const isClaim = fence.split('/')[1] === '';
    if (epoch < this.epoch) return false;
    if (epoch === this.epoch && (isClaim || seq <= this.seq)) return false;
    this.epoch = epoch;
    this.seq = isClaim ? this.seq + 1 : seq;
    return true;
  }
}

/** The answer to our command, if this record of the log is it. */
function answerIn(message: KafkaMessage, acceptance: Acceptance): Event | null {
  if (!acceptance.accepts(String(message.headers?.['fence'] ?? ''))) return null;
  const event = JSON.parse(String(message.value)) as Event;
  const isOurs = event.tenant === tenant && event.correlationid === correlationId;
  return isOurs && event.causationid === id ? event : null;
}
// end snippet

const kafka = new kafkajs.Kafka({
  clientId: 'orders',
  brokers: KAFKA_BROKERS.split(','),
  logLevel: kafkajs.logLevel.ERROR,
});

/** Where to begin in each partition of the log: taken before the command is sent. */
async function places(): Promise<readonly { partition: number; offset: string }[]> {
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(LOG);
  await admin.disconnect();
  return offsets.map(({ partition, low, high }) => ({
    partition,
    offset: String(Math.max(Number(low), Number(high) - LOOK_BACK)),
  }));
}

async function send(): Promise<void> {
  const producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  await producer.send({ topic: COMMANDS, acks: -1, messages: [command] });
  await producer.disconnect();
}

/** Reads the log until the answer comes, or it is too late. */
async function hear(consumer: Consumer, from: Awaited<ReturnType<typeof places>>) {
  const acceptances = new Map<number, Acceptance>();
  await consumer.connect();
  await consumer.subscribe({ topic: LOG });
  return new Promise<Event | null>((resolve, reject) => {
    setTimeout(() => resolve(null), WAIT_MS).unref();
    const eachMessage = async (of: { partition: number; message: KafkaMessage }) => {
      const acceptance = acceptances.get(of.partition) ?? new Acceptance();
      acceptances.set(of.partition, acceptance);
      const answer = answerIn(of.message, acceptance);
      if (answer !== null) resolve(answer);
    };
    consumer.run({ autoCommit: false, eachMessage }).catch(reject);
    for (const place of from) consumer.seek({ topic: LOG, ...place });
  });
}

const from = await places();
await send();
// kafkajs reads only in a group; this one is ours alone, and commits nothing.
const consumer = kafka.consumer({ groupId: `orders-${id}` });
const answer = await hear(consumer, from);
await consumer.disconnect();
const { type = 'none', subject = run, data = {} } = answer ?? {};
const { outcome, code, message } = data;
process.stdout.write(`${JSON.stringify({ type, run: subject, outcome, code, message })}\n`);
const isStarted =
  type === 'fermata.run.started.v1' ||
  (type === 'fermata.command.duplicated.v1' && outcome === 'accepted');
process.exit(isStarted ? 0 : 1);
