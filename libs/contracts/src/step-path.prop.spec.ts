import fc from 'fast-check';
import { gateId, gatePlace, LIMITS, partsOf, pathOf, stepPath, type BodyPlace } from './index';

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
    const nested = (depth: number) => stepPath.safeParse(`${'b[1]/'.repeat(depth)}s`).success;
    expect([nested(8), nested(9)]).toEqual([true, false]);
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
