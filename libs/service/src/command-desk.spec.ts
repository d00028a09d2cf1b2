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

const startOf = (tenant: string, id: string): Command => ({
  ...cancelOf(tenant),
  id,
  type: 'StartRun',
  data: { workflow: { name: 'flow', version: '1.0.0', hash: 'f'.repeat(64) }, input: {} },
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
    const starts = Array.from({ length: 400 }, (_, index) => startOf('acme', `${index}`));
    const asked = starts.map((command) => desk.ask(command, 1));
    await expect(desk.ask(startOf('acme', 'one-more'))).rejects.toMatchObject({
      code: 'OVERLOADED',
      retryable: true,
    });
    // Nobody waits any more, but nothing is decided: there is no more room than before.
    expect(await Promise.all(asked)).toEqual(starts.map(() => null));
    await expect(desk.ask(startOf('acme', 'one-more'))).rejects.toThrow(/undecided commands/);
    const other = desk.ask(startOf('bolt', 'its-own'));
    await writer.commit([cancelledOf('bolt', 1, 'its-own')], 401);
    expect((await other)?.event.tenant).toBe('bolt');
    expect(await log.end('commands', 0)).toBe(401);
    const last = desk.ask(cancelOf('acme'));
    const answers = starts.map(({ id }, index) => cancelledOf('acme', index + 1, id));
    await writer.commit([...answers, cancelledOf('acme', 401)], 802);
    expect((await last)?.event.id).toBe('run-1#401');
    expect(await desk.ask(startOf('acme', 'one-more'), 1)).toBeNull();
  });

  it('tells all who ask the same at once', async () => {
    const asked = Array.from({ length: 20 }, () => desk.ask(cancelOf('acme')));
    await writer.commit([cancelledOf('acme', 1)], 20);
    const outcomes = await Promise.all(asked);
    expect(new Set(outcomes.map((outcome) => outcome?.event.id))).toEqual(new Set(['run-1#1']));
  });

  it('tells each who asks under one id what came of what it said itself', async () => {
    const asked = ['first', 'other', 'again'].map((correlationId) =>
      desk.ask({ ...cancelOf('acme'), correlationId }),
    );
    const envelope = {
      tenant: 'acme',
      run: 'run-1',
      sequence: 0,
      at: 1,
      causationId: 'same',
      actor: 'user:asha',
    };
    const command = 'CancelRun';
    const answers: Event[] = [
      {
        ...envelope,
        id: 'run-1#1',
        sequence: 1,
        correlationId: 'first',
        type: 'RunCancelled',
        data: { reason: '', unsettled: [] },
      },
      {
        ...envelope,
        id: 'duplicated/same',
        correlationId: 'again',
        type: 'CommandDuplicated',
        data: { command, outcome: 'accepted', run: 'run-1' },
      },
      {
        ...envelope,
        id: 'rejected/same',
        correlationId: 'other',
        type: 'CommandRejected',
        data: { command, kind: 'ALREADY_DONE', code: 'COMMAND_CONFLICT', message: 'another' },
      },
    ];
    await writer.commit(answers.map(encodeEvent), 3);
    const types = (await Promise.all(asked)).map((outcome) => outcome?.event.type);
    expect(types).toEqual(['RunCancelled', 'CommandRejected', 'CommandDuplicated']);
  });

  it('says that it heard nothing in time', async () => {
    expect(await desk.ask(cancelOf('acme'), 0)).toBeNull();
  });
});
