import fc from 'fast-check';
import { Line, Turns } from './turns';

const allOf = <T>(take: () => T | undefined): T[] => {
  const items: T[] = [];
  for (let item = take(); item !== undefined; item = take()) items.push(item);
  return items;
};

describe('turns', () => {
  it('serve one of each line, each line in its order', () => {
    const turns = new Turns<string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'a4', 'c1', 'b2']) turns.add(item.charAt(0), item);
    expect(allOf(() => turns.next())).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  });

  it('let who comes late wait for one of each other, however many those have', () => {
    const turns = new Turns<string>();
    for (let number = 0; number < 10_000; number++) turns.add('rush', `rush-${number}`);
    expect(turns.next()).toBe('rush-0');
    turns.add('quiet', 'quiet');
    expect([turns.next(), turns.next()]).toEqual(['rush-1', 'quiet']);
  });

  it('pass over lines that rest, until all are woken', () => {
    const turns = new Turns<string>();
    for (const item of ['a1', 'a2', 'b1', 'c1']) turns.add(item.charAt(0), item);
    expect(turns.peek()).toBe('a1');
    turns.rest();
    turns.add('a', 'a3');
    expect(allOf(() => turns.next())).toEqual(['b1', 'c1']);
    expect([turns.peek(), turns.size]).toEqual([undefined, 3]);
    turns.wake();
    expect(allOf(() => turns.next())).toEqual(['a1', 'a2', 'a3']);
  });

  it('lose nothing and invent nothing, whoever leaves', () => {
    const action = fc.tuple(
      fc.constantFrom('add', 'next', 'delete', 'rest', 'wake'),
      fc.nat(3),
      fc.nat(20),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const turns = new Turns<string>();
        const lines = new Map<string, string[]>();
        const resting = new Set<string>();
        for (const [kind, who, number] of actions) {
          const [name, item] = [`${who}`, `${who}/${number}`];
          const line = lines.get(name) ?? [];
          if (kind === 'add') {
            turns.add(name, item);
            if (!line.includes(item)) lines.set(name, [...line, item]);
          } else if (kind === 'delete') {
            turns.delete(name, item);
            lines.set(
              name,
              line.filter((other) => other !== item),
            );
          } else if (kind === 'next') {
            const next = turns.next();
            const owner = next?.split('/')[0] ?? '';
            expect(resting).not.toContain(owner);
            expect(next).toBe(lines.get(owner)?.[0]);
            lines.get(owner)?.shift();
          } else if (kind === 'rest') {
            const owner = turns.peek()?.split('/')[0];
            turns.rest();
            if (owner !== undefined) resting.add(owner);
          } else {
            turns.wake();
            resting.clear();
          }
          for (const one of resting) if ((lines.get(one) ?? []).length === 0) resting.delete(one);
          const kept = [...lines.values()].flat();
          expect(turns.size).toBe(kept.length);
          const firsts = [...lines.values()].flatMap(([first]) => first ?? []);
          expect([...turns.firsts()].sort()).toEqual(firsts.sort());
        }
        turns.wake();
        expect(allOf(() => turns.next()).sort()).toEqual([...lines.values()].flat().sort());
      }),
    );
  });
});

describe('a line', () => {
  it('takes about as long for each of many items as for each of few', () => {
    const steps = (count: number) => {
      const line = new Line<number>();
      for (let number = 0; number < count; number++) line.add(number);
      const before = process.cpuUsage().user;
      let sum = 0;
      for (let number = 0; number < 50_000; number++) {
        sum += line.shift() ?? 0;
        line.add(count + number);
      }
      expect(sum).toBe((50_000 * 49_999) / 2);
      return process.cpuUsage().user - before;
    };
    steps(100);
    expect(steps(400_000)).toBeLessThan(20 * steps(4_000) + 50_000);
  });
});
