import { GroupCommit } from './group-commit';

describe('a group commit', () => {
  it('writes what came meanwhile together, up to its size, and larger items alone', async () => {
    const writes: number[][] = [];
    const commit = new GroupCommit<number>(
      async (items) => {
        writes.push([...items]);
      },
      { sizeOf: (item) => item, sizeMax: 10 },
    );
    await Promise.all([4, 6, 1, 30, 2].map((item) => commit.add(item)));
    expect(writes).toEqual([[4, 6], [1], [30], [2]]);
  });

  it('tells each sender of a failure, and goes on with the next write', async () => {
    let failing = true;
    const commit = new GroupCommit<number>(
      async () => {
        if (failing) throw new Error('the disk is full');
      },
      { sizeOf: () => 1, sizeMax: 2 },
    );
    const sent = [commit.add(1), commit.add(2)];
    for (const one of sent) await expect(one).rejects.toThrow('the disk is full');
    failing = false;
    await expect(commit.add(3)).resolves.toBeUndefined();
  });
});
