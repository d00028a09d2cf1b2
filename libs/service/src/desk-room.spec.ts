import type { Command } from '@fermata/contracts';
import { DeskRoom, UNDECIDED_MAX, type Progress } from './desk-room';

const commandNamed = (type: Command['type'], tenant = 'acme'): Command =>
  ({ type, tenant, run: 'run-1' }) as unknown as Command;

const OVERLOADED = expect.objectContaining({ code: 'OVERLOADED', retryable: true });
const nothing = (): void => undefined;

describe('the room of a desk', () => {
  let at: number;
  let behind: number;
  let room: DeskRoom;
  const projection: Progress = { lag: () => behind };

  beforeEach(() => {
    at = 1_000_000;
    behind = 0;
    room = new DeskRoom(projection, () => at);
  });

  const refusal = (command: Command, partition = 0): unknown => {
    try {
      room.check(command, partition);
      return null;
    } catch (error) {
      return error;
    }
  };

  it('is so many undecided commands for a tenant, and more of it for what is no new work', () => {
    const sents = Array.from({ length: UNDECIDED_MAX }, () => room.sent('acme', 0, nothing));
    expect(refusal(commandNamed('StartRun'))).toEqual(OVERLOADED);
    expect(refusal(commandNamed('StartRun', 'bolt'))).toBeNull();
    expect(refusal(commandNamed('DecideGate'))).toBeNull();
    for (const _ of sents) room.sent('acme', 1, nothing);
    expect(refusal(commandNamed('DecideGate'))).toEqual(OVERLOADED);
    for (const sent of sents) room.decided(sent);
    expect(refusal(commandNamed('DecideGate'))).toBeNull();
  });

  it('counts a command until its outcome is heard, however long its sender waited', () => {
    const sents = Array.from({ length: UNDECIDED_MAX }, () => room.sent('acme', 0, nothing));
    at += 10_000;
    expect(refusal(commandNamed('StartRun'), 1)).toEqual(OVERLOADED);
    room.decided(sents[0] as never);
    expect(refusal(commandNamed('StartRun'), 1)).toBeNull();
  });

  it('is there again for a tenant of whose commands nothing was heard, and who waits is told', () => {
    let given = 0;
    for (let count = 0; count < UNDECIDED_MAX; count++) room.sent('acme', 0, () => (given += 1));
    at += 29_999;
    expect(refusal(commandNamed('StartRun'), 1)).toEqual(OVERLOADED);
    at += 1;
    expect(refusal(commandNamed('StartRun'), 1)).toBeNull();
    expect(given).toBe(UNDECIDED_MAX);
  });

  it('is none for new work in a partition that decides nothing, but for a probe each second', () => {
    room.sent('acme', 0, nothing);
    at += 5_001;
    expect(refusal(commandNamed('StartRun', 'bolt'))).toBeNull();
    expect(refusal(commandNamed('StartRun', 'bolt'))).toEqual(OVERLOADED);
    expect(refusal(commandNamed('StartRun', 'bolt'), 1)).toBeNull();
    expect(refusal(commandNamed('DecideGate', 'bolt'))).toBeNull();
    expect(refusal(commandNamed('CancelRun', 'bolt'))).toBeNull();
    at += 1_000;
    expect(refusal(commandNamed('StartRun', 'bolt'))).toBeNull();
    expect(refusal(commandNamed('StartRun', 'bolt'))).toEqual(OVERLOADED);
  });

  it('is there again as soon as a later command of the partition was decided', () => {
    room.sent('acme', 0, nothing);
    at += 5_001;
    expect(refusal(commandNamed('StartRun'))).toBeNull();
    const probe = room.sent('bolt', 0, nothing);
    expect(refusal(commandNamed('StartRun'))).toEqual(OVERLOADED);
    room.decided(probe);
    expect(refusal(commandNamed('StartRun'))).toBeNull();
    expect(refusal(commandNamed('StartRun'))).toBeNull();
  });

  it('is none for new work in a partition that the read model lags far behind', () => {
    room.read(0, 60_000);
    behind = 50_000;
    expect(refusal(commandNamed('StartRun'))).toBeNull();
    behind = 50_001;
    expect(refusal(commandNamed('StartRun'))).toEqual(OVERLOADED);
    expect(refusal(commandNamed('StartRun'), 1)).toBeNull();
    expect(refusal(commandNamed('DecideGate'))).toBeNull();
  });
});
