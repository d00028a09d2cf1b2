import { encodeEvent } from '@fermata/contracts';
import { memoryLog, ORIGIN, withFence, type LogPort } from '@fermata/log';
import { LogConsumer, type EventBatch } from './log-consumer';

/** A log with a claim on its first partition, whose group a test shares out. */
async function sharedLog() {
  const log = memoryLog(2);
  const claim = encodeEvent({
    id: 'partition/0#claim-1-a',
    tenant: null,
    run: 'partition/0',
    sequence: 0,
    at: 1,
    causationId: 'a',
    correlationId: 'a',
    actor: 'service:scheduler/1',
    type: 'PartitionClaimed',
    data: { owner: 'service:scheduler/1', nonce: 'a', partitions: 2 },
  });
  await log.append(0, 0, [withFence(claim, { epoch: 1, seq: null, position: null })]);
  let assign: (partitions: readonly number[]) => void = () => undefined;
  const join: LogPort['join'] = async (_group, assigned) => {
    assign = assigned;
    return { leave: async () => undefined };
  };
  return { log: { ...log, join }, assign: (...partitions: number[]) => assign(partitions) };
}

/** A reader that tells what it does, and deals with a batch when it is let. */
function telling(log: LogPort) {
  const told: string[] = [];
  let heard: () => void = () => undefined;
  const held: (() => void)[] = [];
  const tell = (what: string): void => {
    told.push(what);
    heard();
  };
  const consumer = new LogConsumer({
    log,
    group: 'test',
    isShared: true,
    startPlace: async (partition) => {
      tell(`begins ${partition}`);
      return ORIGIN;
    },
    consume: async ({ partition }: EventBatch) => {
      tell(`consumes ${partition}`);
      await new Promise<void>((resolve) => held.push(resolve));
    },
    released: (partition) => tell(`lets ${partition} go`),
  });
  const until = async (count: number): Promise<void> => {
    while (told.length < count) await new Promise<void>((resolve) => (heard = resolve));
  };
  return { consumer, told, until, goOn: () => held.splice(0).forEach((go) => go()) };
}

describe('a reader that shares the log with others', () => {
  it('reads a partition that comes back after it was let go, never before', async () => {
    const { log, assign } = await sharedLog();
    const { consumer, told, until, goOn } = telling(log);
    consumer.start();
    assign(0);
    await until(2);
    assign();
    assign(0);
    goOn();
    await until(5);
    goOn();
    await consumer.stop();
    const once = ['begins 0', 'consumes 0', 'lets 0 go'];
    expect(told).toEqual([...once, ...once]);
  });

  it('takes nothing more once it was told to stop', async () => {
    const { log, assign } = await sharedLog();
    const { consumer, told } = telling(log);
    consumer.start();
    const stopped = consumer.stop();
    assign(0, 1);
    await stopped;
    assign(0, 1);
    await Promise.resolve();
    expect(told).toEqual([]);
  });
});
