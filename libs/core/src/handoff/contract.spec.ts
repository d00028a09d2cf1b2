import type { Json, JsonObject } from '@fermata/contracts';
import { ContractCompiler } from './contract';

const compiler = new ContractCompiler();

/** What a contract says of a value, or why its schema is no contract. */
function checked(schema: JsonObject, value: Json): string | null {
  const compiled = compiler.compile(schema);
  return compiled.ok ? compiled.contract(value) : `no contract: ${compiled.message}`;
}

describe('a contract', () => {
  it('says what was expected, what was found, and where', () => {
    const schema = {
      type: 'object',
      properties: { terms: { properties: { amount: { type: 'number', maximum: 50_000 } } } },
    };
    expect(checked(schema, { terms: { amount: 50_001 } })).toBe(
      'expected that /terms/amount must be <= 50000, found 50001',
    );
  });

  it('names the property that is too much', () => {
    const schema = { type: 'object', properties: {}, additionalProperties: false };
    expect(checked(schema, { extra: 1 })).toBe(
      'expected that the value must NOT have additional properties ("extra"), found {"extra":1}',
    );
  });

  it('points into keys that need escapes', () => {
    const schema = { properties: { 'a/b~c': { type: 'string' } } };
    expect(checked(schema, { 'a/b~c': 7 })).toMatch(/\/a~1b~0c must be string, found 7$/);
  });

  it('shows no more of a value than it takes to recognise it', () => {
    const said = checked({ type: 'string' }, ['x'.repeat(1_000)]);
    expect(said).toMatch(/found \["x+…$/);
    expect(said?.length).toBeLessThan(200);
  });

  it('is compiled once, whatever the order of its keys', () => {
    const first = compiler.compile({ type: 'string', minLength: 2 });
    expect(compiler.compile({ minLength: 2, type: 'string' })).toBe(first);
  });

  it('takes a schema that refers to itself, as deep as the value goes', () => {
    const schema = {
      $ref: '#/$defs/node',
      $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
    };
    expect(checked(schema, { next: { next: {} } })).toBeNull();
    expect(checked(schema, { next: { next: 1 } })).toMatch(/\/next\/next must be object/);
  });

  it('takes one $id in several contracts', () => {
    const money = { $id: 'https://example.com/money', type: 'number' };
    expect(checked(money, 1)).toBeNull();
    expect(checked({ properties: { price: money } }, { price: 'x' })).toMatch(/must be number/);
    expect(checked({ ...money, type: 'string' }, 1)).toMatch(/must be string/);
  });
});

describe('a schema that is none', () => {
  it.each<[string, JsonObject, RegExp]>([
    ['a type that does not exist', { type: 'strnig' }, /data\/type must be equal to one of/],
    ['a pattern that can not be read', { pattern: '(' }, /missing closing/],
    ['a pattern without linear time', { pattern: '(?=a)b' }, /unsupported/],
    ['a pattern that grows without measure', { pattern: '((a{99}){99}){99}' }, /patternSizeMax/],
    ['a schema from elsewhere', { $ref: 'https://example.com/a.json' }, /can't resolve reference/],
    ['a format that nobody checks', { format: 'dat' }, /unknown format "dat"/],
    ['a check that answers later', { $async: true, type: 'string' }, /"\$async"; remove it/],
  ])('is refused: %s', (_, schema, why) => {
    const compiled = compiler.compile(schema);
    expect(compiled).toMatchObject({ ok: false, message: expect.stringMatching(why) });
  });

  it('is not one for a keyword that nobody knows: that is a note', () => {
    expect(checked({ type: 'string', 'x-note': 'for people' }, 'a')).toBeNull();
  });
});

describe('a format', () => {
  it.each([
    ['date', '2026-02-28', '2026-02-30'],
    ['date-time', '2026-11-23T15:00:00Z', '2026-11-23 15:00'],
    ['email', 'asha@example.com', 'asha at example'],
    ['uri', 'https://example.com/a?b=c', 'not a uri'],
    ['uuid', '123e4567-e89b-12d3-a456-426614174000', '123e4567'],
    ['ipv4', '192.0.2.1', '192.0.2.256'],
    ['duration', 'P3DT4H', '3 days'],
  ])('%s tells a right text from a wrong one', (format, right, wrong) => {
    expect(checked({ format }, right)).toBeNull();
    expect(checked({ format }, wrong)).toMatch(`must match format "${format}"`);
  });
});

describe('the time of a check', () => {
  // Where time is not linear these take minutes to years, and the test runs into its own limit.
  it.each([
    ['(a+)+$', 'a'.repeat(50_000) + '!'],
    ['^(a|a)*$', 'a'.repeat(50_000) + '!'],
    ['(.*)*x', 'y'.repeat(50_000)],
  ])('is linear in the text for the pattern %s', (pattern, text) => {
    expect(checked({ pattern }, text)).toMatch(/must match pattern/);
  });

  it.each(['email', 'uri', 'hostname', 'date-time', 'json-pointer', 'ipv6'])(
    'is linear in the text for the format %s',
    (format) => {
      const texts = ['a', 'a.', 'a-', '1:', '/~', '{a', 'a@a'].map((part) => part.repeat(200_000));
      for (const text of texts.flatMap((long) => [long, `http://${long} `, `a@${long} `])) {
        expect(checked({ format }, text)).toMatch(/must match format/);
      }
    },
  );

  it('is linear in the items that must differ', () => {
    const items = Array.from({ length: 50_000 }, (_, index) => ({ index }));
    const schema = { type: 'array', uniqueItems: true };
    expect(checked(schema, items)).toBeNull();
    expect(checked(schema, [...items, { index: 0 }])).toMatch(/must not have equal items/);
  });
});

describe('items that must differ', () => {
  it('are equal whatever the order of their keys', () => {
    const schema = { uniqueItems: true };
    expect(
      checked(schema, [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ]),
    ).toMatch(/equal items/);
    expect(checked(schema, [1, '1', true, null, [1], { 1: 1 }])).toBeNull();
  });
});
