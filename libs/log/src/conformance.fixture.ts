import { partitionOf } from '@fermata/contracts';
import { PartitionWriter } from './partition-writer';
import type { LogPort, NewRecord, RawRecord } from './port';
import { bytesOf, recordOfBytes } from './raw-record';

/** Opens a new, empty log; `peer` opens the same log once more, as another process would. */
export type OpenLog = () => Promise<{ readonly log: LogPort; peer(): Promise<LogPort> }>;

const record = (value: string, key = 'acme/run-1'): NewRecord => ({
  key,
  headers: { ce_type: 'test', note: 'ünïcode' },
  value,
});
/** What a client can write and no text can hold; the names of its headers stand together. */
const BINARY: readonly (readonly [string, RawRecord])[] = [
  [
    'bytes that are no UTF-8 in its value',
    { key: Buffer.from('acme/run-1'), headers: [], value: Buffer.from([0x7b, 0xff, 0x00, 0xfe]) },
  ],
  ['no value', { key: Buffer.from('acme/run-1'), headers: [], value: null }],
  ['no key', { key: null, headers: [], value: Buffer.from('{}') }],
  ['a key that is no text', { key: Buffer.from([0xc3]), headers: [], value: Buffer.from('{}') }],
  [
    'headers that are no text, and one that stands twice',
    {
      key: Buffer.from('acme/run-1'),
      headers: [
        ['ce_id', Buffer.from('a')],
        ['ce_id', Buffer.from('b')],
        ['trace-bin', Buffer.from([0x80, 0x81])],
        ['__proto__', Buffer.from('x')],
        ['constructor', Buffer.from('y')],
      ],
      value: Buffer.from('{}'),
    },
  ],
];

const options = { resendsMax: 3, pause: async () => undefined };

async function read(log: LogPort, topic: 'log' | 'commands', partition: number, from = 0) {
  const end = await log.end(topic, partition);
  const reader = await log.open(topic, partition, from);
  const values: string[] = [];
  while (from + values.length < end) {
    for (const { value } of await reader.read(100)) values.push(value);
  }
  reader.close();
  return values;
}

/**
 * What every adapter of the log must do; each runs this same suite. One that `fences` refuses an
 * append at another offset than its end; the others tell where it landed, and the acceptance rule
 * drops it.
 */
export function describeLog(name: string, open: OpenLog, { fences = true } = {}): void {
  // Only one of the two ways is an adapter's: the rules of the other are not its own.
  const itFences = (rule: string, test: () => Promise<void>) => fences && it(rule, test);
  const itTells = (rule: string, test: () => Promise<void>) => fences || it(rule, test);

  describe(`the ${name} log`, () => {
    it('stores an append whole and gives back what was stored', async () => {
      const { log, peer } = await open();
      await log.append(0, 0, [record('{"a":1}'), record('ß')]);
      const reader = await (await peer()).open('log', 0, 0);
      const [first, second] = await reader.read(10);
      expect(first).toMatchObject({ ...record('{"a":1}'), partition: 0, offset: 0 });
      expect(second).toMatchObject({ value: 'ß', offset: 1 });
      reader.close();
    });

    itFences('refuses an append where another record stands, or past the end', async () => {
      const { log } = await open();
      await log.append(0, 0, [record('a'), record('b')]);
      expect(await log.append(0, 0, [record('x')])).toEqual({ kind: 'conflict' });
      expect(await log.append(0, 3, [record('x')])).toEqual({ kind: 'conflict' });
      expect(await log.append(0, 2, [record('c')])).toEqual({ kind: 'appended', base: 2 });
      expect(await read(log, 'log', 0)).toEqual(['a', 'b', 'c']);
    });

    itTells('tells where an append landed, whole, whatever its writer expected', async () => {
      const { log, peer } = await open();
      const other = await peer();
      await log.append(0, 0, [record('a'), record('b')]);
      expect(await log.append(0, 0, [record('c')])).toEqual({ kind: 'appended', base: 2 });
      const outcomes = await Promise.all([
        log.append(0, 3, [record('mine'), record('mine')]),
        other.append(0, 3, [record('theirs')]),
      ]);
      expect(outcomes.map(({ kind }) => kind)).toEqual(['appended', 'appended']);
      const values = await read(log, 'log', 0, 3);
      expect([
        ['mine', 'mine', 'theirs'],
        ['theirs', 'mine', 'mine'],
      ]).toContainEqual(values);
    });

    itFences('lets one of two writers at the same offset win', async () => {
      const { log, peer } = await open();
      const other = await peer();
      const outcomes = await Promise.all([
        log.append(0, 0, [record('mine'), record('mine')]),
        other.append(0, 0, [record('theirs')]),
      ]);
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['appended', 'conflict']);
      const values = await read(log, 'log', 0);
      expect([['mine', 'mine'], ['theirs']]).toContainEqual(values);
    });

    it('keeps all commands of concurrent senders, without a hole and in each sender’s order', async () => {
      const { log, peer } = await open();
      const other = await peer();
      const key = 'acme/run-7';
      const partition = partitionOf(key, log.partitions);
      const send = async (by: LogPort, who: string) => {
        for (let n = 0; n < 40; n++) await by.send([record(`${who}${n}`, key)]);
      };
      await Promise.all([send(log, 'a'), send(log, 'b'), send(other, 'c')]);
      const values = await read(log, 'commands', partition);
      for (const who of ['a', 'b', 'c']) {
        const own = values.filter((value) => value.startsWith(who));
        expect(own).toEqual(Array.from({ length: 40 }, (_, n) => `${who}${n}`));
      }
      expect(values).toHaveLength(120);
    });

    it('wakes a reader for its own records and for those of another process', async () => {
      const { log, peer } = await open();
      const other = await peer();
      const reader = await log.open('log', 0, 0);
      const first = reader.read(10);
      await log.append(0, 0, [record('own')]);
      expect((await first).map(({ value }) => value)).toEqual(['own']);
      const second = reader.read(10);
      await other.append(0, 1, [record('foreign')]);
      expect((await second).map(({ value }) => value)).toEqual(['foreign']);
      const closed = reader.read(10);
      reader.close();
      expect(await closed).toEqual([]);
    });

    it('reads from the middle of a batch, and no more than asked', async () => {
      const { log, peer } = await open();
      await log.append(
        0,
        0,
        ['a', 'b', 'c', 'd'].map((value) => record(value)),
      );
      for (const by of [log, await peer()]) {
        const reader = await by.open('log', 0, 1);
        expect((await reader.read(2)).map(({ value }) => value)).toEqual(['b', 'c']);
        expect((await reader.read(2)).map(({ value }) => value)).toEqual(['d']);
        reader.close();
      }
    });

    it('halts a reader that asks for what the log does not reach', async () => {
      const { log } = await open();
      await expect(log.open('log', 0, 5)).rejects.toThrow('expected log of partition 0');
    });

    it('keeps the newest value of a name', async () => {
      const { log, peer } = await open();
      await log.putLatest('definition/b', '1');
      await log.putLatest('definition/b', '2');
      await log.putLatest('definition/a', '3');
      await log.putLatest('other', '4');
      expect(await (await peer()).getLatest('definition/b')).toBe('2');
      expect(await log.getLatest('nothing')).toBeNull();
      expect([...(await log.listLatest('definition/'))]).toEqual([
        ['definition/a', '3'],
        ['definition/b', '2'],
      ]);
    });

    it('lets go of a name', async () => {
      const { log, peer } = await open();
      await log.putLatest('restore/0/1', '1');
      await log.dropLatest('restore/0/1');
      expect(await log.getLatest('restore/0/1')).toBeNull();
      expect(await (await peer()).getLatest('restore/0/1')).toBeNull();
      await log.putLatest('restore/0/1', '2');
      expect(await log.getLatest('restore/0/1')).toBe('2');
    });

    it('keeps the pieces of a restore point where it said, until they are let go of', async () => {
      const { log, peer } = await open();
      const texts = async (from: LogPort, places: readonly number[]) => {
        const found: (string | null)[] = [];
        for await (const text of from.readParts(0, places)) found.push(text);
        return found;
      };
      const long = 'ünïcode 😀'.repeat(20_000);
      const first = await log.putParts(0, [
        { name: '0/1/0', text: 'a' },
        { name: '0/1/1', text: long },
      ]);
      await log.putParts(1, [{ name: '1/1/0', text: 'of another partition' }]);
      const second = await log.putParts(0, [{ name: '0/1/2', text: 'c' }]);
      const places = [...first, ...second];
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(await texts(log, places)).toEqual(['a', long, 'c']);
      expect(await texts(await peer(), [first[1] ?? 0, ...second])).toEqual([long, 'c']);
      expect(await texts(log, [...second, 1_000_000])).toEqual(['c', null]);
      await log.dropParts(0, ['0/1/0', '0/1/1']);
      expect((await texts(log, second)).at(-1)).toBe('c');
    });

    it('stores a value only in place of the one that is expected', async () => {
      const { log, peer } = await open();
      const other = await peer();
      expect(await log.putLatestIf('w/1', 'a', 'x')).toBe(false);
      expect(await log.putLatestIf('w/1', 'a', null)).toBe(true);
      expect(await other.putLatestIf('w/1', 'b', null)).toBe(false);
      expect(await other.putLatestIf('w/1', 'b', 'a')).toBe(true);
      expect(await log.putLatestIf('w/1', 'c', 'a')).toBe(false);
      expect(await log.putLatestIf('w/1', 'c', 'b')).toBe(true);
      expect(await (await peer()).getLatest('w/1')).toBe('c');
      expect(await (await peer()).listLatest('w/')).toEqual(new Map([['w/1', 'c']]));
    });

    it('takes the value of one of several writers that expect the same', async () => {
      const { log, peer } = await open();
      const ports = [log, await peer(), await peer()];
      let before: string | null = null;
      for (let round = 0; round < 5; round++) {
        const expected = before;
        const values = [0, 1, 2, 3, 4, 5].map((who) => `${round}/${who}`);
        const put = async (value: string, at: number): Promise<boolean> =>
          (ports[at % 3] ?? log).putLatestIf('one', value, expected);
        const taken = await Promise.all(values.map(put));
        expect(taken.filter(Boolean)).toHaveLength(1);
        before = values[taken.indexOf(true)] ?? '';
        expect(await (await peer()).getLatest('one')).toBe(before);
      }
    });

    it('keeps a dead letter once, with its bytes', async () => {
      const { log } = await open();
      const at = { topic: 'commands', partition: 1, offset: 7 } as const;
      const letter = { ...at, code: 'JSON_MALFORMED', reason: 'no JSON', record: record('{{') };
      await log.putDeadLetter(letter);
      await log.putDeadLetter(letter);
      const letters = await log.deadLetters();
      expect(letters).toHaveLength(1);
      expect(letters[0]).toMatchObject({ ...at, record: { value: '{{' } });
    });

    it('keeps a dead letter whatever its bytes and the reason that quotes them', async () => {
      const { log } = await open();
      const at = { topic: 'commands', partition: 0, offset: 0, code: 'JSON_MALFORMED' } as const;
      await log.putDeadLetter({ ...at, reason: 'found "\u0000"', record: record('\u0000') });
      expect(await log.deadLetters()).toMatchObject([{ ...at, record: { value: '\u0000' } }]);
    });

    it.each(BINARY)(
      'gives back a command with %s, and its dead letter, byte for byte',
      async (_, raw) => {
        const { log, peer } = await open();
        const sent = recordOfBytes(raw);
        await log.send([sent]);
        const partition = partitionOf(sent.key, log.partitions);
        for (const by of [log, await peer()]) {
          const reader = await by.open('commands', partition, 0);
          const [stored] = await reader.read(1);
          reader.close();
          expect(stored && bytesOf(stored)).toEqual(raw);
          if (stored === undefined) continue;
          const at = { topic: 'commands', partition, offset: stored.offset } as const;
          await by.putDeadLetter({
            ...at,
            code: 'COMMAND_MALFORMED',
            reason: 'bytes',
            record: stored,
          });
        }
        const letters = await (await peer()).deadLetters();
        expect(letters.map(({ record: put }) => bytesOf(put))).toEqual([raw]);
        await log.send(letters.map(({ record: put }) => put));
        const reader = await log.open('commands', partition, 1);
        const [again] = await reader.read(1);
        expect(again && bytesOf(again)).toEqual(raw);
        reader.close();
      },
    );

    it('keeps a dead letter that is as large as a command can be', async () => {
      const { log } = await open();
      const at = { topic: 'commands', partition: 0, offset: 0 } as const;
      const large = record('"'.repeat(1_040_000));
      await log.send([large]);
      await log.putDeadLetter({ ...at, code: 'PAYLOAD_TOO_LARGE', reason: 'large', record: large });
      const [letter] = await log.deadLetters();
      expect(letter?.record.value === large.value).toBe(true);
    });

    it('finds the dead letters that are wanted among many', async () => {
      const { log } = await open();
      for (let offset = 0; offset < 250; offset += 1) {
        const at = { topic: 'commands', partition: offset % 4, offset } as const;
        await log.putDeadLetter({
          ...at,
          code: 'JSON_MALFORMED',
          reason: 'x',
          record: record('{'),
        });
      }
      expect(await log.deadLetters()).toHaveLength(250);
      const found = await log.deadLetters(({ offset }) => offset === 203);
      expect(found).toMatchObject([{ partition: 3, offset: 203, record: { value: '{' } }]);
    });

    it('remembers how far a group has come', async () => {
      const { log } = await open();
      const place = { offset: 4, epoch: 2, seq: 3 };
      expect(await log.committedPlace('g', 0)).toBeNull();
      await log.commitPlace('g', 0, place);
      expect(await log.committedPlace('g', 0)).toEqual(place);
    });

    it('is owned by the last of several claimants, and all readers agree on what happened', async () => {
      const { log, peer } = await open();
      const seen: string[][] = [[], [], []];
      const ports = [log, await peer(), await peer()];
      const writers = ports.map(
        (port, at) => new PartitionWriter(port, 0, (r) => seen[at]?.push(r.value), options),
      );
      for (let round = 0; round < 4; round++) {
        await Promise.all(
          writers.map(async (writer, at) => {
            await writer.claim(() => record(`claim ${round} by ${at}`));
            for (let n = 0; n < 5; n++) await writer.commit([record(`${round}/${at}/${n}`)], n);
          }),
        );
      }
      const folded: string[] = [];
      const reader = new PartitionWriter(await peer(), 0, (r) => folded.push(r.value), options);
      expect(await reader.claim(() => record('last'))).toBe(true);
      for (const own of seen) expect(folded.slice(0, own.length)).toEqual(own);
      expect(new Set(folded).size).toBe(folded.length);
    });
  });
}
