import { poolOf } from './pool';

describe('a pool of runners', () => {
  it('performs all agents unless it is told otherwise', () => {
    const pool = poolOf('');
    expect(pool.group).toBe('agent-runner');
    expect(pool.serves('desk')).toBe(true);
  });

  it('performs the agents that are named, and no others', () => {
    const pool = poolOf('desk, model');
    expect(['desk', 'model', 'cashier'].map((agent) => pool.serves(agent))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('performs all but those with a "!"', () => {
    const pool = poolOf('!model,!desk');
    expect(['desk', 'model', 'cashier'].map((agent) => pool.serves(agent))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('is a group of its own for each list, in whatever order it is written', () => {
    expect(poolOf('model,desk').group).toBe('agent-runner.desk+model');
    expect(poolOf(' desk,model ').group).toBe(poolOf('model,desk').group);
    expect(poolOf('!desk').group).not.toBe(poolOf('desk').group);
  });

  it.each(['desk,!model', '!', 'de sk', '!!desk'])('is not made by the list "%s"', (list) => {
    expect(() => poolOf(list)).toThrow(/correct FERMATA_AGENTS/);
  });
});
