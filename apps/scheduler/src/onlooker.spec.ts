import { memoryLog, type Place } from '@fermata/log';
import type { OwnedView } from './onlooker';
import { schedulerConfig } from './scheduler.config';
import { takeOver } from './take-over';

const claimant = { survived: undefined, isStopped: false };

describe('who looks on at a scheduler', () => {
  it('hears of each try to own a partition, of what it folds, and of what it owns', async () => {
    const log = memoryLog(2);
    const tries: number[] = [];
    const folded: [number, Place][] = [];
    const views: OwnedView[] = [];
    const config = schedulerConfig({
      lookOn: (partition) => {
        tries.push(partition);
        return {
          judged: ({ offset }, from) => folded.push([offset, from]),
          owns: (owned) => views.push(owned),
        };
      },
    });
    const owned = await takeOver(log, 1, config, claimant);
    expect(tries).toEqual([1]);
    expect(folded.map(([offset, from]) => [offset, from.offset])).toEqual([[0, -1]]);
    expect(views).toHaveLength(1);
    expect(views[0]?.state).toBe(owned?.state);
    expect(views[0]?.writer.at.place).toEqual({ offset: 0, epoch: 1, seq: 1 });
  });

  it('hears of no ownership where the try fails', async () => {
    const owns = jest.fn();
    const config = schedulerConfig({ lookOn: () => ({ judged: () => undefined, owns }) });
    expect(await takeOver(memoryLog(1), 0, config, { ...claimant, isStopped: true })).toBeNull();
    expect(owns).not.toHaveBeenCalled();
  });
});
