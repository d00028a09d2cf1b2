import { withFence } from './fence';
import { memoryLog } from './memory';
import { PartitionWriter, type OnJudged } from './partition-writer';
import type { AppendOutcome, LogPort, NewRecord } from './port';

const event = (value: string): NewRecord => ({ key: 'acme/run-1', headers: {}, value });
const claimBy = (nonce: string) => () => event(`claim by ${nonce}`);
const options = { resendsMax: 3, pause: async () => undefined };

function writerOn(log: LogPort) {
  const accepted: string[] = [];
  const onAccepted = (record: { readonly value: string }) => accepted.push(record.value);
  return { writer: new PartitionWriter(log, 0, onAccepted, options), accepted };
}

/** A log whose next append lands, or is lost, without its writer being told. */
function deaf(log: LogPort, lands: boolean): LogPort & { deafen(): void } {
  let next = false;
  return {
    ...log,
    deafen: () => {
      next = true;
    },
    async append(partition, base, records): Promise<AppendOutcome> {
      if (!next) return log.append(partition, base, records);
      next = false;
      if (lands) await log.append(partition, base, records);
      return { kind: 'unknown', cause: new Error('no answer') };
    },
  };
}

describe('the partition writer', () => {
  it('owns the partition once it reads its own claim back', async () => {
    const { writer } = writerOn(memoryLog(1));
    expect(writer.isOwner).toBe(false);
    expect(await writer.claim(claimBy('a'))).toBe(true);
    expect(writer.at.place).toEqual({ offset: 0, epoch: 1, seq: 1 });
  });

  it('gives up a claim when the log is closed under it', async () => {
    const log = memoryLog(1);
    await log.append(0, 0, [event('x')]);
    const reader = { next: 0, read: async () => [], close: () => undefined };
    const closed = { ...log, open: async () => reader };
    await expect(writerOn(closed).writer.claim(claimBy('a'))).rejects.toThrow('the log closed');
  });

  it('tells who looks on of every record that it folds, dropped ones too', async () => {
    const log = memoryLog(1);
    const old = writerOn(log).writer;
    await old.claim(claimBy('a'));
    const heard: unknown[] = [];
    const judged: OnJudged = (record, from, accepted) =>
      heard.push([record.offset, from.offset, accepted]);
    const next = new PartitionWriter(log, 0, () => undefined, { ...options, judged });
    await next.claim(claimBy('b'));
    const late = withFence(event('late'), { epoch: 1, seq: 2, position: null });
    await log.append(0, 2, [late]);
    await next.commit([event('x')], 1);
    expect(heard).toEqual([
      [0, -1, true],
      [1, 0, true],
      [2, 1, false],
      [3, 2, true],
    ]);
  });

  it('refuses to commit before a claim', async () => {
    const { writer } = writerOn(memoryLog(1));
    expect(await writer.commit([event('x')], 0)).toBe(false);
  });

  it('confirms a commit, folds it and keeps the position of the commands', async () => {
    const { writer, accepted } = writerOn(memoryLog(1));
    await writer.claim(claimBy('a'));
    expect(await writer.commit([event('x'), event('y')], 7)).toBe(true);
    expect(accepted).toEqual(['claim by a', 'x', 'y']);
    expect(writer.at).toEqual({ place: { offset: 2, epoch: 1, seq: 3 }, position: 7 });
  });

  it('stands down when another claimed the partition, and its batch is void', async () => {
    const log = memoryLog(1);
    const [old, next] = [writerOn(log), writerOn(log)];
    await old.writer.claim(claimBy('a'));
    expect(await next.writer.claim(claimBy('b'))).toBe(true);
    expect(await old.writer.commit([event('stale')], 9)).toBe(false);
    expect(old.writer.isOwner).toBe(false);
    expect(await next.writer.commit([event('x')], 1)).toBe(true);
    expect(next.accepted).toEqual(['claim by a', 'claim by b', 'x']);
  });

  it('keeps the position of its predecessor', async () => {
    const log = memoryLog(1);
    const [old, next] = [writerOn(log), writerOn(log)];
    await old.writer.claim(claimBy('a'));
    await old.writer.commit([event('x')], 42);
    await next.writer.claim(claimBy('b'));
    expect(next.writer.at.position).toBe(42);
  });

  test.each([
    ['landed', true],
    ['was lost', false],
  ])('folds a commit once when its answer is missing and it %s', async (_case, lands) => {
    const log = deaf(memoryLog(1), lands);
    const { writer, accepted } = writerOn(log);
    await writer.claim(claimBy('a'));
    log.deafen();
    expect(await writer.commit([event('x'), event('y')], 2)).toBe(true);
    expect(accepted).toEqual(['claim by a', 'x', 'y']);
    expect(await log.end('log', 0)).toBe(3);
  });

  test.each([
    ['landed', true],
    ['was lost', false],
  ])('owns the partition when the answer to its claim is missing and it %s', async (_c, lands) => {
    const log = deaf(memoryLog(1), lands);
    const { writer } = writerOn(log);
    log.deafen();
    expect(await writer.claim(claimBy('a'))).toBe(true);
    expect(await log.end('log', 0)).toBe(1);
  });

  it('passes over a late write of an owner that was fenced', async () => {
    const log = memoryLog(1);
    const [old, next] = [writerOn(log), writerOn(log)];
    await old.writer.claim(claimBy('a'));
    await next.writer.claim(claimBy('b'));
    const late = { ...event('late'), headers: { fence: '1/2/5' } };
    await log.append(0, 2, [late]);
    expect(await next.writer.commit([event('x')], 1)).toBe(true);
    expect(next.accepted).toEqual(['claim by a', 'claim by b', 'x']);
    expect(next.writer.at).toEqual({ place: { offset: 3, epoch: 2, seq: 3 }, position: 1 });
  });

  it('halts when a record that it needs is missing', async () => {
    const log = memoryLog(1);
    const { writer } = writerOn(log);
    const gap = { ...event('gap'), headers: { fence: '1/9/0' } };
    await log.append(0, 0, [gap]);
    await expect(writer.claim(claimBy('a'))).rejects.toThrow('expected epoch 0');
  });

  it('stops when another writes under its epoch: the log has lost its claim', async () => {
    const log = memoryLog(1);
    const { writer } = writerOn(log);
    await writer.claim(claimBy('a'));
    const other = { ...event('theirs'), headers: { fence: '1/2/1' } };
    await log.append(0, 1, [other]);
    await expect(writer.commit([event('mine')], 1)).rejects.toMatchObject({
      code: 'LOG_TRUNCATED',
    });
  });
});
