import { fakeKafka, storedBatch } from './fake-brokers.fixture';
import { Fetcher } from './fetcher';

const RECORDS = [{ key: 'k', headers: {}, value: 'v' }];
const NO_LEADER = 5;
const SNAPPY = 2;
const CONTROL = 0x20;
const breathe = () => new Promise((resolve) => setImmediate(resolve));

describe('a fetcher', () => {
  it('reads a batch above the bound of a partition while other partitions are busy', async () => {
    // As Kafka does it: only the first partition with records may give more than its bound.
    const kafka = fakeKafka({
      fetch: async (asked) => {
        await breathe();
        return asked.map(({ partition, offset }, index) =>
          partition === 2 && index > 0
            ? { partition }
            : { partition, bytes: storedBatch(offset, RECORDS) },
        );
      },
    });
    const fetcher = new Fetcher(kafka, 'topic');
    const [, , large] = await Promise.all(
      [0, 1, 2].map(async (partition) => {
        const reader = await fetcher.open(partition, 0);
        const drain = async () => {
          while ((await reader.read(10)).length > 0);
        };
        if (partition < 2) void drain();
        return reader;
      }),
    );
    expect((await large?.read(1))?.[0]).toMatchObject({ partition: 2, offset: 0 });
    await fetcher.stop();
  });

  it('gives other partitions’ records while one is refused, and goes on with that', async () => {
    let isRefused = true;
    const kafka = fakeKafka({
      fetch: async (asked) => {
        await breathe();
        return asked.map(({ partition, offset }) =>
          partition === 0 && isRefused
            ? { partition, error: NO_LEADER }
            : { partition, bytes: storedBatch(offset, RECORDS) },
        );
      },
    });
    const fetcher = new Fetcher(kafka, 'topic');
    const [refused, served] = [await fetcher.open(0, 0), await fetcher.open(1, 0)];
    for (let read = 0; read < 20; ) read += (await served.read(10)).length;
    isRefused = false;
    expect((await refused.read(1))[0]).toMatchObject({ partition: 0, offset: 0 });
    await fetcher.stop();
  });

  it('fails one reader at a batch that can’t be read, behind what stands before it', async () => {
    const bytes = Buffer.concat([storedBatch(0, RECORDS), storedBatch(1, RECORDS, SNAPPY)]);
    const kafka = fakeKafka({
      fetch: async (asked) => {
        await breathe();
        return asked.map(({ partition, offset }) =>
          partition === 0
            ? { partition, bytes }
            : { partition, bytes: storedBatch(offset, RECORDS) },
        );
      },
    });
    const fetcher = new Fetcher(kafka, 'topic');
    const [failing, served] = [await fetcher.open(0, 0), await fetcher.open(1, 0)];
    expect(await failing.read(10)).toHaveLength(1);
    await expect(failing.read(10)).rejects.toThrow(/at offset 1 of partition 0, found: .* codec 2/);
    for (let read = 0; read < 20; ) read += (await served.read(10)).length;
    expect([fetcher.isBroken, fetcher.reads(0), fetcher.reads(1)]).toEqual([false, false, true]);
    await fetcher.stop();
  });

  it('tells how far it passed over what is no record', async () => {
    const kafka = fakeKafka({
      fetch: async ([asked]) => {
        await breathe();
        const bytes =
          asked?.offset === 0 ? storedBatch(0, RECORDS) : storedBatch(1, RECORDS, CONTROL);
        return [{ partition: 0, bytes: asked?.offset === 2 ? Buffer.alloc(0) : bytes }];
      },
    });
    const fetcher = new Fetcher(kafka, 'topic');
    const reader = await fetcher.open(0, 0);
    expect(await reader.read(10, 2)).toHaveLength(1);
    expect(await reader.read(10, 2)).toEqual([]);
    expect(reader.next).toBe(2);
    await fetcher.stop();
  });
});
