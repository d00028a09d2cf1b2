import { ReadingRoom } from './reading-room';

describe('pieces of reads that last', () => {
  const limits = { readsMax: 3, readsPerTenantMax: 2, readsWaitingMax: 10 };

  it('are read a few at a time for a tenant, and those of another pass by', async () => {
    const room = new ReadingRoom(limits);
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const read = (tenant: string) =>
      room.within(tenant, () => {
        begun.push(tenant);
        return new Promise<void>((resolve) => ends.push(resolve));
      });
    const all = [read('a'), read('a'), read('a'), read('b')];
    await Promise.resolve();
    expect(begun).toEqual(['a', 'a', 'b']);
    ends[0]?.();
    await all[0];
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual(['a', 'a', 'b', 'a']);
    for (const end of ends) end();
    await Promise.all(all);
  });

  it('leave their place also when they fail', async () => {
    const room = new ReadingRoom({ ...limits, readsPerTenantMax: 1 });
    const failed = room.within('a', () => Promise.reject(new Error('gone')));
    await expect(failed).rejects.toThrow('gone');
    await expect(room.within('a', () => Promise.resolve(1))).resolves.toBe(1);
  });
});
