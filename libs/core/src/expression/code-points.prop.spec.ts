import fc from 'fast-check';
import { evaluate } from './evaluate.fixture';

const text = fc
  .array(fc.constantFrom('a', 'b', 'é', '😀', '👩‍👩‍👧', '中', '𝒳'), { maxLength: 8 })
  .map((parts) => parts.join(''));
const place = fc.integer({ min: 0, max: 8 });

function valueOf(source: string, input: object) {
  return evaluate(source, input as never).found;
}

describe('text', () => {
  it('is counted in code points by all functions', () => {
    fc.assert(
      fc.property(text, text, place, place, (whole, part, from, to) => {
        const points = Array.from(whole);
        const input = { whole, part, from, to };
        const of = (source: string) => valueOf(source, input);
        expect(of('size(run.input.whole)')).toEqual({ ok: true, value: points.length });
        const cut = of('run.input.whole.substring(int(run.input.from), int(run.input.to))');
        if (from <= to && to <= points.length) {
          expect(cut).toEqual({ ok: true, value: points.slice(from, to).join('') });
        } else expect(cut.ok).toBe(false);
        expect(of('run.input.whole.split("")')).toEqual({ ok: true, value: points });
        const found = of('run.input.whole.indexOf(run.input.part)');
        const at = whole.indexOf(part);
        const expected = at === -1 ? -1 : Array.from(whole.slice(0, at)).length;
        expect(found).toEqual({ ok: true, value: expected });
      }),
    );
  });

  it('gives back what was found at a place, from either end', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('a', '😀', '𝒳'), (whole, part) => {
        const around = `${whole}${part}b`;
        for (const name of ['indexOf', 'lastIndexOf']) {
          const source = `run.input.t.substring(run.input.t.${name}(run.input.p)).startsWith(run.input.p)`;
          expect(valueOf(source, { t: around, p: part })).toEqual({ ok: true, value: true });
        }
      }),
    );
  });

  it.each([
    ['"😀b".indexOf("b")', 1],
    ['"😀b😀b".indexOf("b", 2)', 3],
    ['"😀b😀b".lastIndexOf("b", 2)', 1],
    ['"😀😀".indexOf("", 1)', 1],
    ['"😀b😀".split("", 2)', ['😀', 'b😀']],
    ['"😀b😀".split("b")', ['😀', '😀']],
    ['"😀b😀".substring(1)', 'b😀'],
    ['"😀b😀".split("", 0)', []],
  ])('has its places between characters: %s', (source, value) => {
    expect(valueOf(source, {})).toEqual({ ok: true, value });
  });

  it.each(['"😀".substring(2)', '"😀".indexOf("a", 1)', '"😀".substring(-1)'])(
    'has none beyond its end: %s',
    (source) => {
      const message = expect.stringMatching(/out of range/);
      expect(valueOf(source, {})).toEqual({ ok: false, message });
    },
  );
});
