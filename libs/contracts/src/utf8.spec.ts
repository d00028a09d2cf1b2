import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { readUtf8, whereNoUtf8, withoutBom } from './utf8';

describe('bytes that are no UTF-8', () => {
  it('are found where the platform finds them', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc
        .tuple(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 4 }), fc.string())
        .map(([before, odd, after]) =>
          Buffer.concat([Buffer.from(before), odd, Buffer.from(after)]),
        ),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        const at = whereNoUtf8(some);
        expect(at === null).toBe(isUtf8(some));
        if (at !== null) expect(isUtf8(some.subarray(0, at))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[string, number[], string]>([
    ['Latin-1', [0x22, 0xe9, 0x22], 'the byte 0xE9 at byte 1'],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00], 'the byte 0xFF at byte 0'],
    ['half a character of CESU-8', [0x61, 0xed, 0xa0, 0x80], 'the byte 0xED at byte 1'],
    ['a slash in two bytes', [0xc0, 0xaf], 'the byte 0xC0 at byte 0'],
    ['an end inside a character', [0x61, 0xe2, 0x82], 'the byte 0xE2 at byte 1'],
  ])('are refused with their place: %s', (_, bytes, found) => {
    expect(() => readUtf8(Uint8Array.from(bytes), 'a body')).toThrow(
      `expected a body in UTF-8, found ${found}; write it as UTF-8`,
    );
  });

  it('are not what a text with the sign of replacement itself is', () => {
    expect(readUtf8(Buffer.from('a\uFFFDb'), 'a body')).toBe('a\uFFFDb');
  });
});

describe('a byte order mark', () => {
  it('is taken from the start of a file, and from nowhere else', () => {
    expect(withoutBom('\uFEFFa\uFEFF')).toBe('a\uFEFF');
    expect(readUtf8(Buffer.from('\uFEFFa'), 'a body')).toBe('\uFEFFa');
  });
});
