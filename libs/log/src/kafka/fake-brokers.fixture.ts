import type { Kafka } from 'kafkajs';
import { ByteReader, ByteWriter } from './bytes';
import type { PartitionOffset } from './requests';
import { estimateOf, writeBatch, type WireRecord } from './wire-batch';

/** What a broker was asked to store in one partition. */
export interface AskedToStore {
  readonly node: string;
  readonly partition: number;
  readonly producerId: number;
  readonly firstSequence: number;
}

/** What a broker gives of one partition. */
export interface Given {
  readonly partition: number;
  readonly error?: number;
  readonly bytes?: Buffer;
}

/** Brokers that answer as a spec wants; what it leaves out is answered by nothing. */
export interface FakeBrokers {
  leaderOf?(partition: number): number;
  identify?(node: string): Promise<number>;
  /** Gives the error for each partition; 0 is stored. */
  store?(asked: readonly AskedToStore[]): Promise<readonly number[]>;
  fetch?(asked: readonly PartitionOffset[]): Promise<readonly Given[]>;
}

interface Protocol {
  readonly request: { apiKey: number; encode(): Promise<{ readonly buf: Buffer }> };
  readonly response: {
    decode(payload: Buffer): Promise<unknown>;
    parse(decoded: unknown): Promise<unknown>;
  };
}

/** Where a batch says who wrote it, behind its first byte. */
const PRODUCER_AT = 43;
const SEQUENCE_AT = 53;

/** One batch as it lies in a topic, with other attributes if they are given. */
export function storedBatch(base: number, records: readonly WireRecord[], attributes = 0): Buffer {
  const out = new ByteWriter(estimateOf(records));
  writeBatch(out, records, { producerId: 7, producerEpoch: 0, firstSequence: 0, timeMs: 1 });
  const bytes = Buffer.from(out.written);
  bytes.writeBigInt64BE(BigInt(base), 0);
  bytes.writeInt16BE(attributes, 21);
  return bytes;
}

/** A client of brokers that are not there: what is sent to them is answered by the spec. */
export function fakeKafka(brokers: FakeBrokers): Kafka {
  const send = async (node: string, { request, response }: Protocol): Promise<unknown> => {
    const from = new ByteReader((await request.encode()).buf);
    const answer = request.apiKey === 0 ? await stored(node, from) : await fetched(from);
    return response.parse(await response.decode(answer));
  };
  const stored = async (node: string, from: ByteReader): Promise<Buffer> => {
    from.at += 12;
    from.string();
    const asked = Array.from({ length: from.int32() }, () => {
      const partition = from.int32();
      const batch = from.slice(from.int32());
      const producerId = Number(batch.readBigInt64BE(PRODUCER_AT));
      return { node, partition, producerId, firstSequence: batch.readInt32BE(SEQUENCE_AT) };
    });
    const errors = (await brokers.store?.(asked)) ?? [];
    const out = answerOf(asked.length);
    for (const [index, { partition }] of asked.entries()) {
      out.int32(partition);
      out.int16(errors[index] ?? 0);
      out.int64(100);
      out.int64(-1);
    }
    return out.written;
  };
  const fetched = async (from: ByteReader): Promise<Buffer> => {
    from.at += 21;
    from.string();
    const asked = Array.from({ length: from.int32() }, () => {
      const at = { partition: from.int32(), offset: from.int64() };
      from.at += 4;
      return at;
    });
    const given = (await brokers.fetch?.(asked)) ?? [];
    const out = answerOf(given.length, 0);
    for (const { partition, error = 0, bytes = Buffer.alloc(0) } of given) {
      out.int32(partition);
      out.int16(error);
      out.int64(0);
      out.int64(0);
      out.int32(0);
      out.int32(bytes.length);
      out.put(bytes, bytes.length);
    }
    return out.written;
  };
  const brokerOf = (node: string) => ({
    disconnect: async () => undefined,
    initProducerId: async () => ({
      producerId: String((await brokers.identify?.(node)) ?? 1),
      producerEpoch: 0,
    }),
    connectionPool: { send: (protocol: Protocol) => send(node, protocol) },
  });
  const cluster = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    addTargetTopic: async () => undefined,
    refreshMetadata: async () => undefined,
    findLeaderForPartitions: (_topic: string, partitions: readonly number[]) =>
      Object.groupBy(partitions, (partition) => brokers.leaderOf?.(partition) ?? 1),
    findBroker: async ({ nodeId }: { readonly nodeId: string }) => brokerOf(nodeId),
  };
  return { [Symbol('private:Kafka:createCluster')]: () => cluster } as unknown as Kafka;
}

function answerOf(partitions: number, throttleMs?: number): ByteWriter {
  const out = new ByteWriter(1_000);
  if (throttleMs !== undefined) out.int32(throttleMs);
  out.int32(1);
  out.string('topic');
  out.int32(partitions);
  return out;
}
