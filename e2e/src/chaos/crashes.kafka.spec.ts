import { sleep } from '../standalone-process';
import { crashDatabaseTimes } from './database';
import { wrongOf } from './oracle';
import { openStage, type Stage } from './stage';

const PAUSE_MS = 20_000;
const STORM_EVERY_MS = 2_500;

jest.setTimeout(120_000);

describe('services over a Kafka', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage(process.env['KAFKA_BROKERS'] ?? '');
  });

  afterAll(() => stage.close());

  // Cases 1, 2, 3, 5, 26, 27.
  it('lose nothing and do nothing twice when each of them is killed under load', async () => {
    const { crowd, house } = stage;
    await crowd.start('first', 8);
    await house.replace('scheduler');
    await crowd.start('second', 8);
    await house.replace('agent-runner');
    await crowd.start('third', 8);
    await Promise.all([house.replace('audit-projector'), house.replace('approval-service')]);
    await crowd.start('fourth', 8);
    await crowd.untilOver();
    expect(await wrongOf(stage)).toEqual([]);
  });

  /** Schedulers that come and go; gives how many runs had ended after each round. */
  const storm = async (forMs: number): Promise<number[]> => {
    const { house, crowd } = stage;
    const ended: number[] = [];
    const until = Date.now() + forMs;
    for (let round = 0; Date.now() < until; round += 1) {
      const visitor = await house.start('scheduler');
      await crowd.start(`storm-${round}`, 1);
      await sleep(STORM_EVERY_MS);
      await visitor.end(round % 3 === 2 ? 'SIGKILL' : 'SIGTERM');
      ended.push(house.ended.size);
    }
    return ended;
  };

  // Cases 6, 9, 14, 31.
  it('void what a paused owner appends late, through database crashes and a rebalance storm', async () => {
    const { house, crowd } = stage;
    const endedBefore = house.ended.size;
    await crowd.start('paused', 12);
    const owner = house.one('scheduler');
    owner.child.kill('SIGSTOP');
    const [ended] = await Promise.all([
      storm(PAUSE_MS),
      crashDatabaseTimes(house.postgres.url, 3, 5_000),
    ]);
    const claimed = await house.accepted();
    owner.child.kill('SIGCONT');
    await crowd.start('woken', 4);
    await crowd.untilOver();
    // What was there when it woke is still there: nothing that it appended late counts.
    const after = await house.accepted();
    expect(await wrongOf(stage)).toEqual([]);
    expect(ended[0]).toBeGreaterThan(endedBefore);
    expect(ended.at(-1)).toBeGreaterThan(ended[0] ?? 0);
    expect(owner.child.exitCode).toBeNull();
    expect(after.length).toBeGreaterThan(claimed.length);
  });
});
