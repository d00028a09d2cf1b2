import { encodeCommand, partitionOf, type Command } from '@fermata/contracts';
import { bytesOf } from '@fermata/log';
import { CompressionTypes, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import { registerCodecs, UNKNOWN_CODEC } from './codecs';
import { wrongOf } from './oracle';
import { openStage, type Stage } from './stage';
import { until } from './until';

jest.setTimeout(120_000);

const MIB = 1_048_576;

describe('records of foreign clients on the commands', () => {
  let stage: Stage;
  let kafka: Kafka;
  let producer: Producer;
  let topic: string;

  beforeAll(async () => {
    registerCodecs();
    const brokers = process.env['KAFKA_BROKERS'] ?? '';
    stage = await openStage(brokers);
    topic = `${stage.house.prefix}.commands`;
    kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
    producer = await connected({});
  });

  afterAll(async () => {
    await producer.disconnect();
    await stage.close();
  });

  const connected = async (options: { transactionalId?: string }): Promise<Producer> => {
    const made = kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 1 },
      ...(options.transactionalId === undefined ? {} : { ...options, maxInFlightRequests: 1 }),
    });
    await made.connect();
    return made;
  };

  /** The start of a run of reads as another client's record, which the crowd then waits for. */
  const startOf = (run: string, input: unknown = {}) => {
    stage.crowd.runs.add(`local/${run}`);
    const hash = stage.house.hashes.get('reads');
    const { key, headers, value } = encodeCommand({
      id: `start-${run}`,
      source: 'another',
      tenant: 'local',
      run,
      time: Date.now(),
      actor: 'user:crowd',
      correlationId: run,
      type: 'StartRun',
      data: { workflow: { name: 'reads', version: '1.0.0', hash }, input },
    } as Command);
    return { key, headers, value };
  };

  const ended = (...runs: string[]) => stage.house.untilEnded(runs.map((run) => `local/${run}`));

  /** Waits for so many dead letters, and gives their codes. */
  const lettersAfter = async (before: number, count: number) => {
    const all = () => stage.house.log.deadLetters();
    await until(async () => {
      const found = (await all()).length - before;
      return found >= count ? null : `${count} dead letters, of which ${found} are there`;
    }, 20_000);
    return (await all()).slice(before);
  };

  // Cases 35, 36, 37, 41, 47.
  it('are dead letters with code and bytes when they can not be understood, and hold up nobody', async () => {
    const { headers, key } = startOf('good');
    const start = (value: string | Buffer | null, changed: Record<string, string> = {}) => ({
      partition: 0,
      key,
      headers: { ...headers, ...changed },
      value,
    });
    const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const keys = Array.from({ length: 99_000 }, (_, at) => `"${at}":0`).join(',');
    const poison: (readonly [string, ReturnType<typeof start>])[] = [
      ['JSON_MALFORMED', start('{"workflow":')],
      ['JSON_MALFORMED', start('\ufeff{}')],
      ['JSON_MALFORMED', start('')],
      ['COMMAND_MALFORMED', start(null)],
      ['COMMAND_MALFORMED', start(Buffer.from([0xff, 0xfe, 0x00, 0x80]))],
      ['COMMAND_MALFORMED', start(Buffer.from('7b2261223a22ff227d', 'hex'))],
      ['COMMAND_MALFORMED', start(deep(64))],
      ['JSON_TOO_DEEP', start(deep(65))],
      ['JSON_TOO_DEEP', start(deep(5_000))],
      ['PAYLOAD_TOO_LARGE', start('['.repeat(1_000_000))],
      ['PAYLOAD_TOO_LARGE', start(`{${keys}}`)],
      ['JSON_FORBIDDEN_KEY', start('{"__proto__":{"x":1}}')],
      ['JSON_FORBIDDEN_KEY', start('{"constructor":{"prototype":{"x":1}}}')],
      ['JSON_MALFORMED', start('{"input":1,"input":2}')],
      ['JSON_NUMBER_INEXACT', start('{"input":{"n":9007199254740993}}')],
      ['JSON_NUMBER_INEXACT', start('{"input":{"n":1e400}}')],
      ['JSON_MALFORMED', start('{"input":{"n":NaN}}')],
      ['JSON_MALFORMED', start('{"input":{"s":"\\ud800"}}')],
      ['COMMAND_MALFORMED', start('{}', { ce_type: 'fermata.run.start.v9' })],
      ['COMMAND_MALFORMED', start('{}', { ce_tenant: '../other' })],
      ['COMMAND_MALFORMED', { ...start('{}'), headers: {} }],
    ];
    for (const [, message] of poison) await producer.send({ topic, messages: [message] });
    const letters = await lettersAfter(0, poison.length);
    expect(letters.map(({ code }) => code)).toEqual(poison.map(([code]) => code));
    // As text of one byte a character: comparing buffers of this size takes jest half a minute.
    const textOf = (bytes: Buffer | null) => bytes?.toString('latin1') ?? null;
    const kept = letters.map(({ record }) => textOf(bytesOf(record).value));
    const sent = poison.map(([, { value }]) =>
      textOf(typeof value === 'string' ? Buffer.from(value) : value),
    );
    expect(kept).toEqual(sent);
    await producer.send({ topic, messages: [startOf('good')] });
    await ended('good');
  });

  // Cases 36, 39.
  it('are refused by the broker when they are too large, and taken up to the limit', async () => {
    const tooLarge = { ...startOf('never'), value: 'x'.repeat(2 * MIB) };
    stage.crowd.runs.delete('local/never');
    await expect(producer.send({ topic, messages: [tooLarge] })).rejects.toMatchObject({
      type: 'MESSAGE_TOO_LARGE',
    });
    const largest = startOf('largest', { text: 'x'.repeat(890_000) });
    await producer.send({ topic, messages: [largest] });
    await ended('largest');
  });

  // Case 40.
  it('are read in whatever codec a client chose, and an unknown one is the client’s trouble', async () => {
    const { GZIP, LZ4, Snappy, ZSTD } = CompressionTypes;
    for (const compression of [GZIP, LZ4, Snappy, ZSTD]) {
      await producer.send({ topic, compression, messages: [startOf(`codec-${compression}`)] });
    }
    await ended(...[GZIP, LZ4, Snappy, ZSTD].map((codec) => `codec-${codec}`));
    const unknown = { topic, compression: UNKNOWN_CODEC, messages: [startOf('unknown')] };
    await expect(producer.send(unknown)).rejects.toThrow();
    stage.crowd.runs.delete('local/unknown');
  });

  // Cases 15, and misrouted commands.
  it('reach their run from a wrong partition and from transactions, open or over', async () => {
    const astray = startOf('astray');
    const wrong = (partitionOf(astray.key, stage.house.log.partitions) + 1) % 4;
    const before = (await stage.house.log.deadLetters()).length;
    await producer.send({ topic, messages: [{ ...astray, partition: wrong }] });
    const hopped = { ...startOf('hopped'), partition: wrong };
    const headers = { ...hopped.headers, ce_subject: 'astray', ce_hops: '1' };
    stage.crowd.runs.delete('local/hopped');
    await producer.send({ topic, messages: [{ ...hopped, headers }] });
    const [one, other] = [
      await connected({ transactionalId: `${topic}-one` }),
      await connected({ transactionalId: `${topic}-other` }),
    ];
    const over = await one.transaction();
    await over.send({ topic, messages: [startOf('committed')] });
    await over.commit();
    const hanging = await other.transaction();
    await hanging.send({ topic, messages: [startOf('hanging')] });
    await ended('astray', 'committed', 'hanging');
    await hanging.abort();
    await Promise.all([one.disconnect(), other.disconnect()]);
    // The records that end a transaction are no commands: only the second hop is a dead letter.
    const letters = await lettersAfter(before, 1);
    expect(letters.map(({ code, reason }) => [code, reason.includes('one hop')])).toEqual([
      ['COMMAND_MALFORMED', true],
    ]);
  });

  // Case 22.
  it('sent a thousand times have one effect', async () => {
    const [again] = [startOf('again')];
    await Promise.all(
      Array.from({ length: 10 }, () =>
        producer.send({ topic, messages: Array.from({ length: 100 }, () => again) }),
      ),
    );
    await ended('again');
    await stage.crowd.untilOver();
    expect(await wrongOf(stage)).toEqual([]);
  });
});
