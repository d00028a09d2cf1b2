import { PieceWork } from './in-pieces';

type Pieces = Generator<undefined, string, undefined>;

/** A clock that only pieces move, and a list of what was done and when others had their turn. */
function workshop() {
  const done: string[] = [];
  let now = 0;
  const work = new PieceWork(
    () => now,
    async () => void done.push('others'),
  );
  function* pieces(name: string, count: number, eachMs: number): Pieces {
    for (let piece = 0; piece < count; piece++) {
      now += eachMs;
      done.push(name);
      yield;
    }
    return name;
  }
  return { done, work, pieces };
}

describe('work in pieces', () => {
  it('lets others go on after each 10 ms, however many works are asked for', async () => {
    const { done, work, pieces } = workshop();
    const names = ['a', 'b', 'c'];
    const ends = names.map((name) => work.do(name, pieces(name, 10, 4)));
    await expect(Promise.all(ends)).resolves.toEqual(names);
    const slices = done.join(' ').split('others');
    expect(Math.max(...slices.map((slice) => slice.trim().split(' ').length))).toBe(3);
    expect(done.filter((one) => one !== 'others')).toHaveLength(30);
  });

  it('serves tenants in turns: one that asks for little does not wait for one that asks for much', async () => {
    const { done, work, pieces } = workshop();
    const much = ['x', 'y', 'z'].map((name) => work.do('much', pieces(name, 100, 5)));
    await work.do('little', pieces('one', 2, 5));
    expect(done.filter((one) => one === 'x').length).toBeLessThan(10);
    await expect(Promise.all(much)).resolves.toEqual(['x', 'y', 'z']);
    expect(done.lastIndexOf('x')).toBeLessThan(done.indexOf('y'));
  });

  it('ends at once what is done within its first slice', () => {
    const { done, work, pieces } = workshop();
    void work.do('one', pieces('one', 2, 1));
    expect(done).toEqual(['one', 'one']);
  });

  it('tells of a work that fails, and goes on with the next', async () => {
    const { work, pieces } = workshop();
    const failing = work.do(
      'one',
      (function* (): Pieces {
        throw new Error('no');
      })(),
    );
    await expect(failing).rejects.toThrow('no');
    await expect(work.do('one', pieces('next', 3, 20))).resolves.toBe('next');
  });
});
