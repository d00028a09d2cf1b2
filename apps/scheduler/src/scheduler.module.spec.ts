import { memoryLog, type LogPort } from '@fermata/log';
import { Scheduler } from './scheduler.module';

describe('a scheduler that shares the partitions with others', () => {
  it('takes nothing more once it was told to stop', async () => {
    const log = memoryLog(1);
    let assign: (partitions: readonly number[]) => void = () => undefined;
    const leave = async (): Promise<void> => assign([0]);
    const join: LogPort['join'] = async (_group, assigned) => {
      assign = assigned;
      return { leave };
    };
    const claims: number[] = [];
    const append: LogPort['append'] = async (partition, base, records) => {
      claims.push(partition);
      return log.append(partition, base, records);
    };
    const scheduler = new Scheduler({ log: { ...log, join, append } });
    scheduler.onApplicationBootstrap();
    await scheduler.beforeApplicationShutdown();
    await new Promise((resolve) => setImmediate(resolve));
    expect(claims).toEqual([]);
  });
});
