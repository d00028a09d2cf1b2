import type { Command } from '@fermata/contracts';
import fc from 'fast-check';
import { Backlog, Workload } from './backlog';
import { startOf } from './flow.fixture';
import type { Taken } from './intake';

const UNREAD_FROM = 0;

const commandOf = (tenant: string, run: string, isStart: boolean): Command => {
  const start = startOf(run, { id: 'command', tenant });
  return isStart ? start : { ...start, type: 'CancelRun', data: {} };
};

/** Commands of few tenants and runs, so that many meet. */
const commands = fc.array(
  fc
    .tuple(fc.constantFrom('a', 'a', 'a', 'b'), fc.constantFrom('1', '2', '3'), fc.boolean())
    .map(([tenant, run, isStart]) => commandOf(tenant, run, isStart)),
  { minLength: 1, maxLength: 80 },
);

const limits = fc.record({
  batchMax: fc.integer({ min: 1, max: 20 }),
  turnsMax: fc.integer({ min: 1, max: 3 }),
});

describe('a backlog', () => {
  it('gives each command once, those of a run in order, and points at the oldest it has', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
    const waits = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 8 });
    const workload = fc.record({
      readAheadMax: fc.constantFrom(1, 20_000, 1_000_000),
      tenantCommandsPerSecond: fc.constantFrom(50, 200, 1_000),
    });
    fc.assert(
      fc.property(
        commands,
        limits,
        workload,
        sizes,
        waits,
        (sent, batchOf, workOf, reads, steps) => {
          const work = new Workload(workOf);
          const backlog = new Backlog(work, 0, UNREAD_FROM);
          const left = new Set<number>();
          const given: { key: string; offset: number }[] = [];
          let [read, now] = [0, 0];
          for (let turn = 0; read < sent.length || !backlog.isEmpty; turn += 1) {
            if (!backlog.isFull && read < sent.length) {
              const size = reads[turn % reads.length] ?? 1;
              const taken: Taken[] = sent
                .slice(read, read + size)
                .map((command, at) => ({ command, offset: read + at, size: 10 }));
              for (const { offset } of taken) left.add(offset);
              read += taken.length;
              expect(backlog.follow(read)).toBe(true);
              backlog.add(taken, read < sent.length, now);
            }
            now += steps[turn % steps.length] ?? 0;
            if (!backlog.isEmpty) now = Math.max(now, backlog.dueAt(now));
            for (const { command } of backlog.batch(now, batchOf)) {
              const { tenant, run } = command;
              const offset = sent.indexOf(command);
              expect(left.delete(offset)).toBe(true);
              given.push({ key: `${tenant}/${run}`, offset });
            }
            expect(backlog.position).toBe(Math.min(read, ...left));
          }
          expect(given).toHaveLength(sent.length);
          for (const [, ofRun] of Map.groupBy(given, ({ key }) => key)) {
            const offsets = ofRun.map(({ offset }) => offset);
            expect(offsets).toEqual(offsets.toSorted((one, other) => one - other));
          }
          expect(work.held).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('holds nothing that has begun back for longer than five seconds: leases go on', () => {
    const backlog = new Backlog(
      new Workload({ readAheadMax: 1_000_000, tenantCommandsPerSecond: 50 }),
      0,
      UNREAD_FROM,
    );
    const of = (tenant: string, count: number, isStart: boolean) =>
      Array.from({ length: count }, (_, run) => commandOf(tenant, `${tenant}-${run}`, isStart));
    const sent = [...of('quiet', 1, true), ...of('rush', 200, false), ...of('dump', 200, true)];
    const read = (commands: readonly Command[], now: number) =>
      backlog.add(
        commands.map((command, offset) => ({ command, offset, size: 10 })),
        false,
        now,
      );
    const given = (now: number) => [...backlog.batch(now, { batchMax: 500, turnsMax: 8 })];
    // Who sends little is known from the window after.
    read(sent.slice(0, 1), 0);
    expect(given(0)).toHaveLength(1);
    read(sent.slice(1), 20);
    expect(given(20)).toHaveLength(2);
    const kinds = given(5_020).map(({ command }) => command.type);
    expect(kinds.filter((type) => type === 'CancelRun')).toHaveLength(199);
    expect(kinds.filter((type) => type === 'StartRun').length).toBeLessThan(50);
  });
});
