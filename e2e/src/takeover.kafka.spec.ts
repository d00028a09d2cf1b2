import { join } from 'node:path';
import { encodeCommand, type Command, type Event } from '@fermata/contracts';
import { House } from './chaos/house';

const PARTITIONS = 4;
const PROJECT = join(__dirname, '../../bench/project');

jest.setTimeout(90_000);

/** Steps that were completed, by run and step. */
const completedSteps = (events: readonly Event[]): string[] =>
  events.flatMap((event) =>
    event.type === 'StepCompleted' ? [`${event.run}/${event.data.step}`] : [],
  );

describe('schedulers that share the partitions of a Kafka', () => {
  let house: House;

  beforeAll(async () => {
    house = await House.open({ brokers: process.env['KAFKA_BROKERS'] ?? '', project: PROJECT });
    await house.start('audit-projector');
    await house.start('agent-runner');
  });

  afterAll(() => house.stop());

  const send = async (run: string): Promise<void> => {
    const hash = house.hashes.get('five');
    const command = {
      id: `start-${run}`,
      source: 'e2e',
      tenant: 'local',
      run,
      time: Date.now(),
      actor: 'user:e2e',
      correlationId: run,
      type: 'StartRun',
      data: { workflow: { name: 'five', version: '1.0.0', hash }, input: {} },
    } as Command;
    await house.log.send([encodeCommand(command)]);
  };

  const sendMany = async (from: number, count: number): Promise<void> => {
    for (let index = from; index < from + count; index += 1) await send(`run-${index}`);
  };

  const untilEnded = (count: number): Promise<void> =>
    house.untilEnded(Array.from({ length: count }, (_, index) => `local/run-${index}`));

  it('go on when one is killed: every run ends, and nothing is decided twice', async () => {
    const first = await house.start('scheduler');
    await house.start('scheduler');
    await sendMany(0, 100);
    await untilEnded(50);
    await first.end('SIGKILL');
    await sendMany(100, 100);
    await untilEnded(200);
    const events = await house.accepted();
    const started = events.filter(({ type }) => type === 'RunStarted').map(({ run }) => run);
    expect(started).toHaveLength(200);
    expect(new Set(started).size).toBe(200);
    const completed = completedSteps(events);
    expect(completed).toHaveLength(1_000);
    expect(new Set(completed).size).toBe(1_000);
  });

  it('hand over when one is stopped, while runs go on', async () => {
    const leaver = house.one('scheduler');
    await house.start('scheduler');
    await sendMany(200, 50);
    expect(await leaver.end('SIGTERM')).toBe(0);
    await sendMany(250, 50);
    await untilEnded(300);
    const claims = (await house.accepted()).filter(({ type }) => type === 'PartitionClaimed');
    expect(claims.length).toBeGreaterThan(PARTITIONS);
  });

  it('go on with the attempts of a runner that was killed', async () => {
    const runner = house.one('agent-runner');
    await house.start('agent-runner');
    await sendMany(300, 50);
    await runner.end('SIGKILL');
    await sendMany(350, 50);
    await untilEnded(400);
    const completed = completedSteps(await house.accepted());
    expect(new Set(completed).size).toBe(completed.length);
  });
});
