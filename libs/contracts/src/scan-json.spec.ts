import { canonicalJson } from './json';
import { Fault } from './error-codes';
import { partitionOf, murmur2 } from './partition';
import { readJson } from './scan-json';

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
  return 'none';
};
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('readJson', () => {
  test.each([
    ['refuses depth 65', nested(65), 'JSON_TOO_DEEP'],
    ['accepts depth 64', nested(64), 'none'],
    ['refuses a depth bomb', '['.repeat(500_000), 'JSON_TOO_DEEP'],
    ['refuses __proto__', '{"a":{"__proto__":1}}', 'JSON_FORBIDDEN_KEY'],
    ['refuses an escaped __proto__', '{"\\u005f_proto__":1}', 'JSON_FORBIDDEN_KEY'],
    ['accepts __proto__ as a value', '{"a":["__proto__","prototype"]}', 'none'],
    ['refuses a repeated key', '{"a":1,"b":{"a":2},"a":3}', 'JSON_MALFORMED'],
    ['accepts one key in several objects', '[{"a":1},{"a":2}]', 'none'],
    ['refuses broken JSON', '{"a":', 'JSON_MALFORMED'],
    ['refuses an open string', '{"a', 'JSON_MALFORMED'],
    ['refuses empty text', '', 'JSON_MALFORMED'],
    ['refuses text over the limit', `"${'x'.repeat(900_001)}"`, 'PAYLOAD_TOO_LARGE'],
    ['refuses a byte order mark', '\uFEFF{}', 'JSON_MALFORMED'],
    ['accepts that mark inside a text', '"\uFEFF"', 'none'],
    ['refuses half a character', '"a\ud800"', 'JSON_MALFORMED'],
    ['refuses half a character as an escape', '{"a":"\\ud800"}', 'JSON_MALFORMED'],
    ['refuses the second half alone', '"\\uDC00"', 'JSON_MALFORMED'],
    ['refuses two first halves', '"\\ud83d\\ud83d"', 'JSON_MALFORMED'],
    ['refuses half a character in a key', '{"\\udfff":1}', 'JSON_MALFORMED'],
    ['refuses a first half at the end', '"\\ud83d', 'JSON_MALFORMED'],
    ['accepts both halves as escapes', '"\\ud83d\\ude00"', 'none'],
    ['accepts a backslash before what looks like a half', '"\\\\ud800"', 'none'],
  ])('%s', (_rule, text, code) => {
    expect(codeOf(() => readJson(text))).toBe(code);
  });

  it('says where half a character stands', () => {
    expect(() => readJson('["ok", "\\ud800"]')).toThrow(
      'half of one (a lone surrogate) at character 8',
    );
  });

  it('says where a forbidden key stands', () => {
    expect(() => readJson('{"a":1,"constructor":2}')).toThrow('found one at character 7');
  });
});

describe('canonicalJson', () => {
  it('gives equal text for equal values', () => {
    expect(canonicalJson({ b: [1, { d: 2, c: 3 }], a: null })).toBe(
      canonicalJson({ a: null, b: [1, { c: 3, d: 2 }] }),
    );
  });
});

describe('partitionOf', () => {
  // Values from the test of Kafka's Java client.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
  ])('hashes %s as the Java client does', (text, hash) => {
    expect(murmur2(new TextEncoder().encode(text))).toBe(hash);
  });

  it('keeps every key inside the partitions', () => {
    for (let i = 0; i < 1_000; i++) expect([0, 1, 2, 3]).toContain(partitionOf(`t/run-${i}`, 4));
  });
});
