import type { Command } from '@fermata/contracts';
import { DeskRoom, UNDECIDED_MAX, type Progress } from './desk-room';

const wish = (type: Command['type'], tenant = 'acme'): Command =>
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
    expect(refusal(wish('StartRun'))).toEqual(OVERLOADED);
    expect(refusal(wish('StartRun', 'bolt'))).toBeNull();
    expect(refusal(wish('DecideGate'))).toBeNull();
    for (const _ of sents) room.sent('acme', 1, nothing);
    expect(refusal(wish('DecideGate'))).toEqual(OVERLOADED);
    for (const sent of sents) room.decided(sent);
    expect(refusal(wish('DecideGate'))).toBeNull();
  });

  it('counts a command until its outcome is heard, however long its sender waited', () => {
    const sents = Array.from({ length: UNDECIDED_MAX }, () => room.sent('acme', 0, nothing));
    at += 10_000;
    expect(refusal(wish('StartRun'), 1)).toEqual(OVERLOADED);
    room.decided(sents[0] as never);
    expect(refusal(wish('StartRun'), 1)).toBeNull();
  });

  it('is there again for a tenant of whose commands nothing was heard, and who waits is told', () => {
    let given = 0;
    for (let count = 0; count < UNDECIDED_MAX; count++) room.sent('acme', 0, () => (given += 1));
    at += 29_999;
    expect(refusal(wish('StartRun'), 1)).toEqual(OVERLOADED);
    at += 1;
    expect(refusal(wish('StartRun'), 1)).toBeNull();
    expect(given).toBe(UNDECIDED_MAX);
  });

  it('is none for new work in a partition that decides nothing, but for a probe each second', () => {
    room.sent('acme', 0, nothing);
    at += 5_001;
    expect(refusal(wish('StartRun', 'bolt'))).toBeNull();
    expect(refusal(wish('StartRun', 'bolt'))).toEqual(OVERLOADED);
    expect(refusal(wish('StartRun', 'bolt'), 1)).toBeNull();
    expect(refusal(wish('DecideGate', 'bolt'))).toBeNull();
    expect(refusal(wish('CancelRun', 'bolt'))).toBeNull();
    at += 1_000;
    expect(refusal(wish('StartRun', 'bolt'))).toBeNull();
    expect(refusal(wish('StartRun', 'bolt'))).toEqual(OVERLOADED);
  });

  it('is there again as soon as a later command of the partition was decided', () => {
    room.sent('acme', 0, nothing);
    at += 5_001;
    expect(refusal(wish('StartRun'))).toBeNull();
    const probe = room.sent('bolt', 0, nothing);
    expect(refusal(wish('StartRun'))).toEqual(OVERLOADED);
    room.decided(probe);
    expect(refusal(wish('StartRun'))).toBeNull();
    expect(refusal(wish('StartRun'))).toBeNull();
  });

  it('is none for new work in a partition that the read model lags far behind', () => {
    room.read(0, 60_000);
    behind = 50_000;
    expect(refusal(wish('StartRun'))).toBeNull();
    behind = 50_001;
    expect(refusal(wish('StartRun'))).toEqual(OVERLOADED);
    expect(refusal(wish('StartRun'), 1)).toBeNull();
    expect(refusal(wish('DecideGate'))).toBeNull();
  });
});
