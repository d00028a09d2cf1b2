import fc from 'fast-check';
import { shorten } from './shorten';

const units = fc.array(fc.constantFrom('a', '…', '\u00E9', '\uD83D', '\uDE00', '😀'));
const text = units.map((all) => all.join(''));

describe('a text that is cut', () => {
  it('has whole characters, and no more than it may have', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 20 }), (given, max) => {
        const cut = shorten(given, max);
        expect(cut.isWellFormed()).toBe(true);
        expect(cut.length).toBeLessThanOrEqual(max);
      }),
    );
  });

  it('stays as it is when it is short and whole, and says so when it was cut', () => {
    expect(shorten('short', 5)).toBe('short');
    expect(shorten('longer', 5)).toBe('long…');
    expect(shorten('abc😀d', 5)).toBe('abc…');
  });
});
