import fc from 'fast-check';
import { TimerQueue } from './timer-queue';

const change = fc.record({
  key: fc.constantFrom(...'abcdefghijklmnop'),
  dueAt: fc.option(fc.nat(50), { nil: null }),
});

describe('the timer queue', () => {
  it('gives the due timers in order, whatever was set, moved and cleared before', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), fc.nat(60), (changes, at) => {
        const queue = new TimerQueue();
        const model = new Map<string, number>();
        for (const { key, dueAt } of changes) {
          queue.set(key, dueAt);
          if (dueAt === null) model.delete(key);
          else model.set(key, dueAt);
        }
        const expected = [...model]
          .map(([key, dueAt]) => ({ key, dueAt }))
          .sort((a, b) => a.dueAt - b.dueAt || (a.key < b.key ? -1 : 1));
        expect(queue.size).toBe(model.size);
        expect(queue.peek()).toEqual(expected[0]);
        expect(queue.due(at, 5)).toEqual(expected.filter((t) => t.dueAt <= at).slice(0, 5));
      }),
    );
  });
});
