import { decodeCommand, partitionOf, recordKey } from '@fermata/contracts';
import { bytesOf, memoryLog, recordOfBytes, type LogPort, type NewRecord } from '@fermata/log';
import { intake } from './intake';

const PARTITIONS = 4;
const HOME = partitionOf(recordKey('acme', 'run-1'), PARTITIONS);
/** A key of another partition than the run's own. */
const ASTRAY = ['a', 'b', 'c', 'd', 'e'].find((key) => partitionOf(key, PARTITIONS) !== HOME) ?? '';

const EVENT = {
  specversion: '1.0',
  id: 'c-1',
  source: '/orders',
  type: 'fermata.run.pause.v1',
  subject: 'run-1',
  time: '2026-11-23T11:00:00.123456Z',
  tenant: 'acme',
  actor: 'service:orders',
  correlationid: 'corr-1',
  data: { reason: 'lunch' },
};
const STRUCTURED = [['content-type', Buffer.from('application/cloudevents+json')]] as const;

/** A structured command as any Kafka client may write it. */
function written(changed: Partial<Parameters<typeof recordOfBytes>[0]> = {}): NewRecord {
  const value = Buffer.from(JSON.stringify(EVENT));
  const key = Buffer.from('acme/run-1');
  return recordOfBytes({ key, headers: STRUCTURED, value, ...changed });
}

/** All that stands in a partition of the commands. */
async function storedIn(log: LogPort, partition: number) {
  if ((await log.end('commands', partition)) === 0) return [];
  const reader = await log.open('commands', partition, 0);
  return reader.read(100);
}

/** Takes in everything that a client sent, once. */
async function takeIn(log: LogPort, record: NewRecord) {
  await log.send([record]);
  const partition = partitionOf(record.key, PARTITIONS);
  const taken = await intake(log, partition, await storedIn(log, partition));
  return taken.map(({ command }) => command);
}

describe('the intake', () => {
  let log: LogPort;
  beforeEach(() => (log = memoryLog(PARTITIONS)));

  it('takes a command in structured mode, whatever else its client writes beside it', async () => {
    const headers = [...STRUCTURED, ['trace-bin', Buffer.from([0xff, 0x00])]] as const;
    const [command] = await takeIn(log, written({ headers }));
    expect(command).toMatchObject({ id: 'c-1', type: 'PauseRun', correlationId: 'corr-1' });
  });

  it.each([
    ['no key', null],
    ['another key than tenant/run', Buffer.from(ASTRAY)],
    ['a key that is no text', Buffer.from([0xff])],
  ])('sends a command with %s to the partition of its run, as it is', async (_, key) => {
    const record = written({ key });
    expect(partitionOf(record.key, PARTITIONS)).not.toBe(HOME);
    expect(await takeIn(log, record)).toEqual([]);
    const [{ headers, value, key: home } = written()] = await storedIn(log, HOME);
    expect(home).toBe('acme/run-1');
    expect(decodeCommand({ key: home, headers, value })).toEqual({
      ...decodeCommand(record),
      hops: 1,
    });
    expect(await log.deadLetters()).toEqual([]);
  });

  it.each([
    ['no value', { value: null }, 'a value'],
    [
      'no UTF-8 in its value',
      { value: Buffer.from('{"id":"\xff"}', 'latin1') },
      'UTF-8 in the value of a command, found the byte 0xFF at byte 7',
    ],
    [
      'no UTF-8 in a header that is read',
      { headers: [...STRUCTURED, ['ce_id', Buffer.from([0xff])]] as const },
      'UTF-8 in the header ce_id',
    ],
    [
      'a header twice that is read once',
      { headers: [...STRUCTURED, ...STRUCTURED] },
      'one header content-type',
    ],
  ])('makes a dead letter of a command with %s, with its bytes', async (_, changed, expected) => {
    const record = written(changed);
    expect(await takeIn(log, record)).toEqual([]);
    const [letter, ...others] = await log.deadLetters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({ code: 'COMMAND_MALFORMED', partition: HOME, offset: 0 });
    expect(letter?.reason).toMatch(`expected ${expected}`);
    expect(letter && bytesOf(letter.record)).toEqual(bytesOf(record));
  });

  it('stores all dead letters and what it sends on at once, and gives nothing before', async () => {
    const good = written();
    const bad = Array.from({ length: 40 }, () => written({ value: null }));
    const ids = Array.from({ length: 40 }, (_, at) => `c-${at}`);
    const astray = ids.map((id) => {
      return written({ value: Buffer.from(JSON.stringify({ ...EVENT, id })) });
    });
    await log.send([...bad, good, ...astray].map((record) => ({ ...record, key: 'acme/run-1' })));
    const records = await storedIn(log, HOME);
    const calls: string[] = [];
    let finish = (): void => undefined;
    const all = new Promise<void>((resolve) => (finish = resolve));
    const store = async (call: string): Promise<void> => {
      calls.push(call);
      await all;
    };
    const slow: LogPort = {
      ...log,
      putDeadLetter: ({ offset }) => store(`dead letter ${offset}`),
      send: ([command]) => store(`on ${command && decodeCommand(command).id}`),
    };
    let isGiven = false;
    // Another partition's intake finds all of them astray, and the bad ones as bad.
    const taken = intake(slow, (HOME + 1) % PARTITIONS, records).finally(() => (isGiven = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toEqual([
      ...bad.map((_, offset) => `dead letter ${offset}`),
      'on c-1',
      ...ids.map((id) => `on ${id}`),
    ]);
    expect(isGiven).toBe(false);
    finish();
    expect(await taken).toEqual([]);
  });
});
