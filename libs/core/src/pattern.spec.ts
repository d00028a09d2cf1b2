import { compilePattern } from './pattern';
import { Meter } from './meter';

/** As the page docs/how-to/write-a-workflow.md tells them. */
describe('a pattern of RE2, beside one of ECMA-262', () => {
  it.each<[string, string, boolean]>([
    ['^\\s$', '\u00a0', false],
    ['^\\s$', '\u000b', false],
    ['^\\s$', '\u2028', false],
    ['^\\S$', '\u00a0', true],
    ['^.$', '\r', true],
    ['^.$', '\u2028', true],
  ])('differs in what %j says of %j', (source, text, found) => {
    const compiled = compilePattern(source);
    expect(compiled.ok && compiled.pattern.test(text, new Meter())).toBe(found);
    expect(new RegExp(source, 'u').test(text)).toBe(!found);
  });

  it.each<[string, string, boolean]>([
    ['^\\d$', '٣', false],
    ['^\\w$', 'é', false],
    ['\\bé', 'é', false],
    ['^\\p{L}$', 'é', true],
    ['^.$', '😀', true],
    ['^.$', '\n', false],
    ['a$', 'a\n', false],
    ['(?<n>a)', 'a', true],
  ])('agrees in what %j says of %j', (source, text, found) => {
    const compiled = compilePattern(source);
    expect(compiled.ok && compiled.pattern.test(text, new Meter())).toBe(found);
    expect(new RegExp(source, 'u').test(text)).toBe(found);
  });

  it.each([
    '(?=a)',
    '(?!a)',
    '(?<=a)b',
    '(?<!a)b',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '\\u00e9',
    '\\cA',
    '[^]',
    '\\p{Letter}',
    '\\p{Script=Greek}',
    'a{1001}',
    '(abcdefghij){1000}',
  ])('refuses what it can not do: %s', (source) => {
    expect(compilePattern(source)).toMatchObject({ ok: false });
  });
});
