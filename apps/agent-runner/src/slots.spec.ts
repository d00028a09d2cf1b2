import { Slots, type Limited, type Work } from './slots';

const DESK: Limited = { id: 'desk', concurrencyMax: 2 };
const LAB: Limited = { id: 'lab', concurrencyMax: 2 };

/** Works that were begun, in order, each until it is ended by name. */
class Bench {
  readonly begun: string[] = [];
  private readonly ends = new Map<string, () => void>();
  private readonly aborts = new Map<string, AbortController>();

  work(name: string, tenant = 'acme'): Work {
    const abort = new AbortController();
    this.aborts.set(name, abort);
    const ended = new Promise<void>((resolve) => this.ends.set(name, resolve));
    const perform = (): Promise<void> => {
      this.begun.push(name);
      return ended;
    };
    return { tenant, signal: abort.signal, perform };
  }

  /** The work ends; gives what began since, once it has. */
  async end(name: string): Promise<readonly string[]> {
    const before = this.begun.length;
    this.ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
    return this.begun.slice(before);
  }

  abort(name: string): void {
    this.aborts.get(name)?.abort();
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

describe('the places of a runner', () => {
  it('are as many for an agent as it allows; who finds none waits for one', async () => {
    const slots = new Slots(10);
    for (const name of ['a', 'b', 'c', 'd']) void slots.enter(DESK, bench.work(name));
    expect(bench.begun).toEqual(['a', 'b']);
    expect({ busy: slots.busy, waiting: slots.waiting }).toEqual({ busy: 2, waiting: 2 });
    expect(await bench.end('b')).toEqual(['c']);
    expect(await bench.end('a')).toEqual(['d']);
  });

  it('are as many for all agents as the process allows', async () => {
    const slots = new Slots(3);
    for (const name of ['a', 'b']) void slots.enter(DESK, bench.work(name));
    for (const name of ['c', 'd']) void slots.enter(LAB, bench.work(name));
    expect(bench.begun).toEqual(['a', 'b', 'c']);
    expect(await bench.end('a')).toEqual(['d']);
  });

  it('are not held up by an agent that is busy', () => {
    const slots = new Slots(10);
    for (const name of ['a', 'b', 'c']) void slots.enter(DESK, bench.work(name));
    void slots.enter(LAB, bench.work('d'));
    expect(bench.begun).toEqual(['a', 'b', 'd']);
  });

  it('are given to tenants in turns: one attempt waits for one of each other', async () => {
    const slots = new Slots(10);
    const rush = Array.from({ length: 100 }, (_, index) => `rush-${index}`);
    for (const name of rush) void slots.enter(DESK, bench.work(name, 'rush'));
    void slots.enter(DESK, bench.work('quiet', 'quiet'));
    expect(await bench.end('rush-0')).toEqual(['rush-2']);
    expect(await bench.end('rush-1')).toEqual(['quiet']);
  });

  it('are given to agents in turns when the process has no more', async () => {
    const slots = new Slots(1);
    const many = { id: 'many', concurrencyMax: 50 };
    const rush = Array.from({ length: 100 }, (_, index) => `rush-${index}`);
    for (const name of rush) void slots.enter(many, bench.work(name, 'rush'));
    void slots.enter(LAB, bench.work('quiet', 'quiet'));
    expect(await bench.end('rush-0')).toEqual(['rush-1']);
    expect(await bench.end('rush-1')).toEqual(['quiet']);
  });

  it('are not for work that nobody waits for any more', async () => {
    const slots = new Slots(10);
    for (const name of ['a', 'b', 'c', 'd']) void slots.enter(DESK, bench.work(name));
    bench.abort('c');
    expect(slots.waiting).toBe(1);
    expect(await bench.end('a')).toEqual(['d']);
    const late = bench.work('e');
    bench.abort('e');
    void slots.enter(DESK, late);
    expect(await bench.end('b')).toEqual([]);
    expect(slots.waiting).toBe(0);
  });

  it('are taken until the work has ended, also when it was told to stop', async () => {
    const slots = new Slots(10);
    for (const name of ['a', 'b', 'c']) void slots.enter(DESK, bench.work(name));
    bench.abort('a');
    expect(bench.begun).toEqual(['a', 'b']);
    expect(await bench.end('a')).toEqual(['c']);
  });

  it('are free as soon as the agent is done, though its answer is not stored yet', () => {
    const slots = new Slots(1);
    let free: () => void = () => undefined;
    const perform = (give: () => void): Promise<void> => {
      free = give;
      return new Promise(() => undefined);
    };
    void slots.enter(DESK, { ...bench.work('a'), perform });
    void slots.enter(DESK, bench.work('b'));
    free();
    free();
    expect(bench.begun).toEqual(['b']);
    expect(slots.busy).toBe(1);
  });

  it('are free again after work that failed', async () => {
    const slots = new Slots(1);
    const failing = { ...bench.work('a'), perform: () => Promise.reject(new Error('broken')) };
    await expect(slots.enter(DESK, failing)).rejects.toThrow('broken');
    void slots.enter(DESK, bench.work('b'));
    expect(bench.begun).toEqual(['b']);
  });
});
