import { fakeKafka, storedBatch } from './fake-brokers.fixture';
import { Fetcher } from './fetcher';

const RECORDS = [{ key: 'k', headers: {}, value: 'v' }];
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
});
