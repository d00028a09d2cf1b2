import fc from 'fast-check';
import type { StepDefinition } from '@fermata/contracts';
import { definitionOf, graphOf, look, problemsOf } from './definition.fixture';
import { nearest, orderOf, precedenceOf, type Order } from './order';

/** Steps by name, each with needs among those before it. */
const acyclic = fc
  .array(fc.array(fc.nat(40), { maxLength: 4 }), { minLength: 1, maxLength: 40 })
  .map((picks) =>
    Object.fromEntries(
      picks.map((chosen, index) => {
        const needs = chosen.filter((pick) => pick < index).map((pick) => `s${pick}`);
        return [`s${index}`, look(needs)];
      }),
    ),
  );

function orderIn(steps: Readonly<Record<string, StepDefinition>>): Order {
  return orderOf(definitionOf(steps).workflow, { problems: [] });
}

/** What a step waits for, found the slow way. */
function ancestorsOf({ needs }: Order, index: number): ReadonlySet<number> {
  const found = new Set<number>();
  const open = [...(needs[index] ?? [])];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    open.push(...(needs[at] ?? []));
  }
  return found;
}

describe('the order of a graph without cycles', () => {
  it('has every step once, after all that it needs', () => {
    fc.assert(
      fc.property(acyclic, (steps) => {
        const { needs, sorted } = orderIn(steps);
        expect([...sorted].sort((a, b) => a - b)).toEqual(needs.map((_, index) => index));
        const place = new Map(sorted.map((index, at) => [index, at]));
        for (const [index, list] of needs.entries()) {
          for (const need of list) expect(place.get(need)).toBeLessThan(place.get(index) ?? -1);
        }
      }),
    );
  });

  it('has each need once, and the other way round as a dependent', () => {
    fc.assert(
      fc.property(acyclic, (steps) => {
        const { needs, dependents } = orderIn(steps);
        const pairs = needs.flatMap((list, to) => list.map((from) => `${from}>${to}`));
        const turned = dependents.flatMap((list, from) => list.map((to) => `${from}>${to}`));
        expect(new Set(pairs).size).toBe(pairs.length);
        expect(turned.toSorted()).toEqual(pairs.toSorted());
      }),
    );
  });

  it('knows of any two steps whether one ends before the other begins', () => {
    fc.assert(
      fc.property(acyclic, (steps) => {
        const order = orderIn(steps);
        const precedes = precedenceOf(order);
        for (const later of order.ids.keys()) {
          const ancestors = ancestorsOf(order, later);
          for (const earlier of order.ids.keys()) {
            expect(precedes(earlier, later)).toBe(ancestors.has(earlier));
          }
        }
      }),
    );
  });

  it('compiles, the same way each time', () => {
    fc.assert(
      fc.property(acyclic, (steps) => {
        const [once, again] = [graphOf(steps), graphOf(structuredClone(steps))];
        expect(again.hash).toBe(once.hash);
        expect(again.steps.map(({ id, needs }) => [id, needs])).toEqual(
          once.steps.map(({ id, needs }) => [id, needs]),
        );
      }),
    );
  });
});

describe('a graph with a cycle', () => {
  it('is refused, and the steps named do need each other in a ring', () => {
    const withCycle = fc.tuple(acyclic, fc.array(fc.nat(39), { minLength: 1, maxLength: 6 }));
    fc.assert(
      fc.property(withCycle, ([steps, picks]) => {
        const ids = Object.keys(steps);
        const ring = [...new Set(picks.map((pick) => ids[pick % ids.length] ?? ''))];
        const closed: Record<string, StepDefinition> = { ...steps };
        for (const [at, id] of ring.entries()) {
          const next = ring[(at + 1) % ring.length] ?? '';
          closed[id] = look([...(closed[id]?.needs ?? []), next]);
        }
        const [problem] = problemsOf(closed);
        expect(problem?.code).toBe('GRAPH_CYCLE');
        const said = /found (.*); remove/.exec(problem?.message ?? '')?.[1]?.split(' needs ') ?? [];
        expect(said.length).toBeGreaterThan(1);
        expect(said.at(-1)).toBe(said[0]);
        for (const [at, id] of said.slice(0, -1).entries()) {
          if (id !== '…' && said[at + 1] !== '…') {
            expect(closed[id]?.needs).toContain(said[at + 1]);
          }
        }
      }),
    );
  });
});

describe('the nearest name', () => {
  it.each([
    ['cuont', ['score', 'count', 'cost'], 'count'],
    ['reveiw', ['review', 'reviewer'], 'review'],
    ['a', [], 'nothing, there is none'],
  ])('of %s among %j is %s', (name, known, found) => {
    expect(nearest(name, known)).toBe(found);
  });
});
