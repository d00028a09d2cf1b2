import { fakeKafka, type AskedToStore } from './fake-brokers.fixture';
import { Sender } from './sender';

const RECORDS = [{ key: 'k', headers: {}, value: 'v' }];
const LEADERLESS = 5;
const TIMED_OUT = 7;
const TOO_LARGE = 10;
const OUT_OF_ORDER = 45;

describe('a sender', () => {
  it('stores in a partition while another has no leader', async () => {
    let isLed = false;
    const kafka = fakeKafka({
      store: async (asked) =>
        asked.map(({ partition }) => (partition === 1 && !isLed ? LEADERLESS : 0)),
    });
    const sender = new Sender(kafka, 'topic');
    const waiting = sender.store(1, RECORDS);
    const stored = [];
    for (let one = 0; one < 3; one += 1) stored.push(await sender.store(0, RECORDS));
    expect(stored).toEqual([100, 100, 100]);
    isLed = true;
    expect(await waiting).toBe(100);
  });

  it('stores at a broker while another one does not answer', async () => {
    let answer: (id: number) => void = () => undefined;
    const kafka = fakeKafka({
      leaderOf: (partition) => partition,
      identify: (node) =>
        node === '0' ? new Promise((resolve) => (answer = resolve)) : Promise.resolve(2),
    });
    const sender = new Sender(kafka, 'topic');
    const waiting = sender.store(0, RECORDS);
    expect(await sender.store(1, RECORDS)).toBe(100);
    answer(1);
    expect(await waiting).toBe(100);
  });

  it('sends a parcel again as it was, whatever became of another meanwhile', async () => {
    const sent: AskedToStore[] = [];
    let ids = 0;
    const kafka = fakeKafka({
      identify: async () => (ids += 1),
      store: async (asked) => {
        sent.push(...asked);
        const isFirst = sent.filter(({ partition }) => partition === 0).length === 1;
        return asked.map(({ partition }) =>
          partition === 1 ? OUT_OF_ORDER : isFirst ? TIMED_OUT : 0,
        );
      },
    });
    const sender = new Sender(kafka, 'topic');
    const both = [sender.store(0, RECORDS), sender.store(1, RECORDS)];
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
    ]);
    await sender.store(0, RECORDS);
    const [first, again, next] = sent.filter(({ partition }) => partition === 0);
    expect(again).toEqual(first);
    expect(next).toMatchObject({ producerId: 2, firstSequence: 0 });
  });

  it('keeps the order of a partition, with one parcel of it under way', async () => {
    const sequences: number[] = [];
    const kafka = fakeKafka({
      store: async (asked) => {
        sequences.push(...asked.map(({ firstSequence }) => firstSequence));
        return asked.map(() => (sequences.length === 1 ? TIMED_OUT : 0));
      },
    });
    const sender = new Sender(kafka, 'topic');
    const first = sender.store(0, RECORDS);
    while (sequences.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([first, sender.store(0, RECORDS), sender.store(0, RECORDS)]);
    expect(sequences).toEqual([0, 0, 1]);
  });

  it('stores apart what is too large together, and tells of what is too large alone', async () => {
    const sequences: number[] = [];
    let requests = 0;
    const kafka = fakeKafka({
      store: async ([asked]) => {
        requests += 1;
        if (requests <= 2) return [TOO_LARGE];
        sequences.push(asked?.firstSequence ?? -1);
        return [0];
      },
    });
    const sender = new Sender(kafka, 'topic');
    const sent = [1, 2, 3].map(() => sender.store(0, RECORDS));
    const became = (await Promise.allSettled(sent)).map(({ status }) => status);
    expect(became).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(sequences).toEqual([0, 1]);
  });
});
