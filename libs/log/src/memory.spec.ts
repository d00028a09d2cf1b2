import { describeLog } from './conformance.fixture';
import { memoryLog } from './memory';

describeLog('memory', async () => {
  const log = memoryLog();
  return { log, peer: async () => log };
});

const record = (value: string, key = 'acme/run-1') => ({ key, headers: {}, value });

describe('the memory log', () => {
  it('stores an append whole, from its base on', async () => {
    const log = memoryLog(1);
    const outcome = await log.append(0, 0, [record('a'), record('b')]);
    expect(outcome).toEqual({ kind: 'appended', base: 0 });
    const reader = await log.open('log', 0, 1);
    expect(await reader.read(10)).toMatchObject([{ offset: 1, value: 'b' }]);
  });

  it('refuses an append where another record stands', async () => {
    const log = memoryLog(1);
    await log.append(0, 0, [record('a')]);
    expect(await log.append(0, 0, [record('b')])).toEqual({ kind: 'conflict' });
    expect(await log.end('log', 0)).toBe(1);
  });

  it('keeps the commands of one run in one partition, in order', async () => {
    const log = memoryLog(4);
    await log.send([record('1'), record('2'), record('3')]);
    const ends = await Promise.all([0, 1, 2, 3].map((at) => log.end('commands', at)));
    expect(ends.sort()).toEqual([0, 0, 0, 3]);
  });

  it('wakes a reader that waits, and ends one that is closed', async () => {
    const log = memoryLog(1);
    const reader = await log.open('log', 0, 0);
    const waiting = reader.read(10);
    await log.append(0, 0, [record('a')]);
    expect(await waiting).toHaveLength(1);
    const closed = reader.read(10);
    reader.close();
    expect(await closed).toEqual([]);
  });
});
