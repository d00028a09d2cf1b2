import { encodeEvent, type Command, type Event } from '@fermata/contracts';
import { memoryLog, ORIGIN, PartitionWriter, type LogPort, type NewRecord } from '@fermata/log';
import { CommandDesk } from './command-desk';

const cancelOf = (tenant: string): Command => ({
  id: 'same',
  source: 'test',
  tenant,
  run: 'run-1',
  time: 1,
  actor: 'user:asha',
  correlationId: 'same',
  type: 'CancelRun',
  data: {},
});

const cancelledOf = (tenant: string, sequence: number, cause = 'same'): NewRecord =>
  encodeEvent({
    id: `run-1#${sequence}`,
    tenant,
    run: 'run-1',
    sequence,
    at: 1,
    causationId: cause,
    correlationId: 'same',
    actor: 'user:asha',
    type: 'RunCancelled',
    data: { reason: tenant, unsettled: [] },
  } satisfies Event);

let log: LogPort;
let writer: PartitionWriter;
let desk: CommandDesk;

beforeEach(async () => {
  log = memoryLog(1);
  const options = { resendsMax: 1, pause: async () => undefined };
  writer = new PartitionWriter(log, 0, () => undefined, options);
  await writer.claim((epoch) => ({ ...cancelledOf('nobody', epoch), value: '{}' }));
  desk = new CommandDesk(log, async () => ORIGIN);
  desk.start();
});
afterEach(() => desk.stop());

describe('the desk', () => {
  it('tells each tenant what came of its own command, though their ids are alike', async () => {
    const asked = ['acme', 'bolt'].map((tenant) => desk.ask(cancelOf(tenant)));
    await writer.commit([cancelledOf('bolt', 1), cancelledOf('acme', 2)], 2);
    const outcomes = await Promise.all(asked);
    expect(outcomes.map((outcome) => outcome?.event.tenant)).toEqual(['acme', 'bolt']);
    expect(outcomes.map((outcome) => outcome?.place.offset)).toEqual([2, 1]);
  });

  it('refuses a tenant’s rush before anything is stored, and leaves others their turn', async () => {
    const askers = Array.from({ length: 400 }, (_, index) => ({
      ...cancelOf('acme'),
      id: `${index}`,
    }));
    const asked = askers.map((command) => desk.ask(command));
    await expect(desk.ask(cancelOf('acme'))).rejects.toMatchObject({
      code: 'OVERLOADED',
      retryable: true,
    });
    const other = desk.ask(cancelOf('bolt'));
    await writer.commit([cancelledOf('bolt', 1)], 401);
    expect((await other)?.event.tenant).toBe('bolt');
    expect(await log.end('commands', 0)).toBe(401);
    const answers = askers.map(({ id }, index) => cancelledOf('acme', index + 1, id));
    await writer.commit(answers, 802);
    expect((await Promise.all(asked)).every((outcome) => outcome !== null)).toBe(true);
    expect(await desk.ask(cancelOf('acme'), 1)).toBeNull();
  });

  it('tells all who ask the same at once', async () => {
    const asked = Array.from({ length: 20 }, () => desk.ask(cancelOf('acme')));
    await writer.commit([cancelledOf('acme', 1)], 20);
    const outcomes = await Promise.all(asked);
    expect(new Set(outcomes.map((outcome) => outcome?.event.id))).toEqual(new Set(['run-1#1']));
  });

  it('says that it heard nothing in time', async () => {
    expect(await desk.ask(cancelOf('acme'), 0)).toBeNull();
  });
});
