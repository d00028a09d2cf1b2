import fc from 'fast-check';
import { line, safeJson, safeLines, safeText } from './safe-text';

/** Characters that hide, turn, break or move; and plain ones between them. */
const hostile = fc.constantFrom(
  '\u001b[31m',
  '\u001b]52;c;cm0gLXJm\u0007',
  '\u001b]8;;https://evil.example\u001b\\',
  '\u009b2J',
  '\u0085',
  '\r',
  '\n',
  '\b',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u200c',
  '\u200d',
  '\u2060',
  '\ufeff',
  '\u00ad',
  '\u3164',
  '\u115f',
  '\u1160',
  '\uffa0',
  '\u2800',
  '\u034f',
  '\u17b4',
  '\ufe00',
  '\u{e0061}',
  '\u{1d173}',
  '\u2028',
  '\ud800',
  '\udc00',
);
const text = fc
  .array(fc.oneof(hostile, fc.string(), fc.string({ unit: 'binary' })))
  .map((parts) => parts.join(''));

/** What must not reach a terminal but as an escape. */
const RAW = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u;
const BLANK = /[\u3164\u115f\u1160\uffa0\u2800\u034f\u17b4\u17b5\u00ad\u{e0000}-\u{e007f}]/u;

describe('text that others wrote', () => {
  it('holds nothing that moves, hides, breaks or turns, whatever it was', () => {
    fc.assert(
      fc.property(text, (one) => {
        const safe = safeText(one);
        expect(safe).not.toMatch(RAW);
        expect(safe).not.toMatch(BLANK);
        expect(safeText(safe)).toBe(safe);
        expect(line`a ${one} b`).toBe(`a ${safe} b`);
        expect(
          safeLines(`${one}\n${one}`)
            .split('\n')
            .every((part) => !RAW.test(part)),
        ).toBe(true);
      }),
    );
  });

  it('has joiners only where a script or an emoji needs them', () => {
    for (const one of ['می\u200cخواهم', '👩\u200d⚖️', 'क्\u200dष', '葛\u{e0100}', '✔️']) {
      expect(safeText(one)).toBe(one);
    }
    expect(safeText('ad\u200dmin')).toBe('ad\\u200dmin');
    expect(safeText('\u200cadmin')).toBe('\\u200cadmin');
    expect(safeText('admin\ufe0f')).toBe('admin\\ufe0f');
  });
});

describe('JSON for a terminal and for programs', () => {
  it('is the same value, and inert', () => {
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.double({ noNaN: true }))), (value) => {
        const json = safeJson(value, 2);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(json.split('\n').every((part) => !RAW.test(part) && !BLANK.test(part))).toBe(true);
        expect(json).not.toMatch(/[\u200c\u200d\ufe0f]/u);
      }),
    );
  });
});
