import fc from 'fast-check';
import {
  attemptId,
  attemptPlace,
  comparePaths,
  gateId,
  gatePlace,
  LIMITS,
  partsOf,
  pathOf,
  stepPath,
  type BodyPlace,
} from './index';

const id = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,63}$/);
const body = fc.record({ id, index: fc.option(fc.nat(999_999)) });
const bodies: fc.Arbitrary<BodyPlace[]> = fc.array(body, { maxLength: 8 });
const place = fc.record({ id, bodies });

describe('a step path', () => {
  it('says again what it was made of', () => {
    fc.assert(
      fc.property(place, (said) => {
        expect(partsOf(pathOf(said.id, said.bodies))).toEqual(said);
      }),
    );
  });

  it('is another for another step, item or iteration', () => {
    fc.assert(
      fc.property(place, place, (one, other) => {
        const isSame =
          JSON.stringify([one.id, one.bodies]) === JSON.stringify([other.id, other.bodies]);
        expect(pathOf(one.id, one.bodies) === pathOf(other.id, other.bodies)).toBe(isSame);
      }),
    );
  });

  it('is the id of a step that stands in no body', () => {
    fc.assert(fc.property(id, (plain) => void expect(pathOf(plain)).toBe(plain)));
  });

  it.each(['', '/a', 'a/', 'a//b', 'a[1]', 'a[01]/b', 'a[-1]/b', 'a[]/b', 'a[1000000]/b', 'a/b\n'])(
    'is not %j',
    (text) => {
      expect(stepPath.safeParse(text).success).toBe(false);
    },
  );

  it('stands in eight bodies at most', () => {
    const long = 'b'.repeat(64);
    const longest = `${`${long}[999999]/`.repeat(LIMITS.bodyDepthMax)}${long}`;
    expect(longest.length).toBe(LIMITS.stepPathCharsMax);
    expect(stepPath.safeParse(longest).success).toBe(true);
    const nested = (depth: number) => stepPath.safeParse(`${'b[1]/'.repeat(depth)}s`).success;
    expect([nested(8), nested(9)]).toEqual([true, false]);
  });
});

describe('step paths', () => {
  // Few names and numbers, so that paths often begin alike.
  const few = fc.constantFrom('a', 'b', 'a_b');
  const times = fc.option(fc.constantFrom(0, 2, 10));
  const near = fc
    .record({ id: few, bodies: fc.array(fc.record({ id: few, index: times }), { maxLength: 3 }) })
    .map(({ id: step, bodies: around }) => pathOf(step, around));

  it('have one order, in which only the same path is equal', () => {
    fc.assert(
      fc.property(near, near, near, (a, b, c) => {
        expect(comparePaths(a, b) === 0).toBe(a === b);
        expect(Math.sign(comparePaths(b, a)) + Math.sign(comparePaths(a, b))).toBe(0);
        const [x, y, z] = [a, b, c].sort(comparePaths);
        if (x !== undefined && y !== undefined && z !== undefined) {
          expect(comparePaths(x, y)).toBeLessThanOrEqual(0);
          expect(comparePaths(x, z)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  it('follow the numbers of items, not their digits', () => {
    const items = [10, 2, 0].map((index) => pathOf('charge', [{ id: 'each_order', index }]));
    const sorted = ['each_order[0]/charge', 'each_order[2]/charge', 'each_order[10]/charge'];
    expect(items.sort(comparePaths)).toEqual(sorted);
  });
});

describe('the id of an attempt', () => {
  const attempts = fc.integer({ min: 1, max: 999_999_999 });

  it('says again whose it is, however deep its step, and is never a gate’s', () => {
    fc.assert(
      fc.property(place, attempts, (said, attempt) => {
        const step = pathOf(said.id, said.bodies);
        const made = attemptId('run-1~2', step, attempt);
        expect(attemptPlace(made)).toEqual({ run: 'run-1~2', step, attempt });
        expect(gatePlace(made)).toBeNull();
        expect(attemptPlace(gateId('run-1~2', step, attempt))).toBeNull();
      }),
    );
  });

  it.each(['', 'r/a', 'r/a/0', 'r/a/01', '/a/1', 'r//1', 'r/a b/1'])('is not %j', (text) => {
    expect(attemptPlace(text)).toBeNull();
  });
});

describe('the id of a gate', () => {
  it('says again whose it is, however deep its step', () => {
    const ordinal = fc.integer({ min: 1, max: 999_999_999 });
    fc.assert(
      fc.property(place, ordinal, (said, number) => {
        const step = pathOf(said.id, said.bodies);
        const gate = gateId('run-1~2', step, number);
        expect(gatePlace(gate)).toEqual({ run: 'run-1~2', step, ordinal: number });
        expect(gate.length).toBeLessThanOrEqual(LIMITS.gateIdCharsMax);
      }),
    );
  });

  it.each([
    '',
    'r/a',
    'r/a/gate-0',
    'r/a/gate-01',
    '/a/gate-1',
    'r//gate-1',
    'r/a b/gate-1',
    'r/a/gate-1/x',
  ])('is not %j', (text) => {
    expect(gatePlace(text)).toBeNull();
  });
});
