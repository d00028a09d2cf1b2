import { LIMITS, type Json, type JsonObject } from '@fermata/contracts';
import { ContractCompiler } from '../handoff/contract';
import { Meter } from '../meter';

function stepsOf(schema: JsonObject, value: Json): number {
  const compiled = new ContractCompiler().compile(schema);
  if (!compiled.ok) throw new Error(compiled.message);
  const meter = new Meter(Infinity);
  compiled.contract(value, meter);
  return meter.spent;
}

const list = (length: number) => Array.from({ length }, (_, index) => index);
const object = (length: number) =>
  Object.fromEntries(list(length).map((index) => [`k${index}`, index]));
const texts = (length: number) => list(length).map((index) => `t${index}`);
const many = (length: number, schema: Json = { type: 'number' }) => list(length).map(() => schema);

describe('the steps of a check', () => {
  // Ten times as much of what a keyword goes over costs several times as many steps.
  it.each<[string, (size: number) => [JsonObject, Json]]>([
    ['allOf', (size) => [{ allOf: many(size) }, 1]],
    ['anyOf', (size) => [{ anyOf: many(size) }, 'x']],
    ['oneOf', (size) => [{ oneOf: many(size) }, 'x']],
    ['not', (size) => [{ not: { allOf: many(size) } }, 1]],
    ['if', (size) => [{ if: { allOf: many(size) }, then: true }, 1]],
    ['then', (size) => [{ if: true, then: { allOf: many(size) } }, 1]],
    ['else', (size) => [{ if: false, else: { allOf: many(size) } }, 1]],
    ['$ref', (size) => [{ $ref: '#/$defs/a', $defs: { a: { allOf: many(size) } } }, 1]],
    [
      '$dynamicRef',
      (size) => [
        { $dynamicRef: '#a', $defs: { a: { $dynamicAnchor: 'a', allOf: many(size) } } },
        1,
      ],
    ],
    [
      'dependentSchemas',
      (size) => [{ dependentSchemas: { k0: { allOf: many(size, {}) } } }, { k0: 1 }],
    ],
    ['dependentRequired', (size) => [{ dependentRequired: { k0: texts(size) } }, { k0: 1 }]],
    ['items', (size) => [{ items: { type: 'number' } }, list(size)]],
    ['prefixItems', (size) => [{ prefixItems: many(size) }, list(size)]],
    ['contains', (size) => [{ contains: { type: 'string' } }, list(size)]],
    ['properties', (size) => [{ properties: object(0), required: texts(size) }, {}]],
    [
      'properties that are there',
      (size) => [
        { properties: Object.fromEntries(Object.keys(object(size)).map((key) => [key, true])) },
        object(size),
      ],
    ],
    ['patternProperties', (size) => [{ patternProperties: { '^x': true } }, object(size)]],
    ['additionalProperties', (size) => [{ additionalProperties: { minimum: 0 } }, object(size)]],
    ['propertyNames', (size) => [{ propertyNames: { minLength: 1 } }, object(size)]],
    ['unevaluatedProperties', (size) => [{ unevaluatedProperties: { minimum: 0 } }, object(size)]],
    ['unevaluatedItems', (size) => [{ unevaluatedItems: { minimum: 0 } }, list(size)]],
    ['minProperties', (size) => [{ minProperties: 1 }, object(size)]],
    ['uniqueItems', (size) => [{ uniqueItems: true }, list(size)]],
    ['enum of large values', (size) => [{ enum: [list(size), object(size)] }, 1]],
    ['const', (size) => [{ const: object(size) }, 1]],
    ['required', (size) => [{ required: Object.keys(object(size)) }, object(size)]],
    ['pattern', (size) => [{ pattern: '^(a|b)*$' }, 'a'.repeat(size)]],
    ['a large pattern', (size) => [{ pattern: `a{${size}}b` }, 'a'.repeat(1_000)]],
    ['format', (size) => [{ format: 'email' }, 'a'.repeat(size)]],
    ['maxLength', (size) => [{ maxLength: 9 }, 'a'.repeat(size)]],
  ])('grow with what %s goes over', (_, made) => {
    const few = stepsOf(...made(100));
    const lots = stepsOf(...made(1_000));
    expect(lots).toBeGreaterThan(few * 4);
  });

  it('end a schema that doubles its work at each level', () => {
    const levels = list(60).map((level): [string, Json] => {
      const next = { $ref: `#/$defs/a${level + 1}` };
      return [`a${level}`, { allOf: [next, next] }];
    });
    const $defs = { ...Object.fromEntries(levels), a60: { type: 'number' } };
    const compiled = new ContractCompiler().compile({ $ref: '#/$defs/a0', $defs });
    expect(compiled.ok && compiled.contract(1)).toMatch(
      /at most 5000000 steps .* \(evaluationStepsMax\), found more; simplify the schema/,
    );
  });

  it('are enough for the largest command under an honest contract', () => {
    const row = { id: 1, name: 'n'.repeat(40), amount: 2.5, paid: true };
    const rows = list(9_000).map(() => row);
    expect(JSON.stringify(rows).length).toBeGreaterThan(LIMITS.commandBytesMax * 0.8);
    const schema = {
      items: {
        type: 'object',
        required: ['id', 'name', 'amount'],
        additionalProperties: false,
        properties: {
          id: { type: 'integer', minimum: 0 },
          name: { type: 'string', minLength: 1, pattern: '^[a-z]+$' },
          amount: { type: 'number', exclusiveMinimum: 0 },
          paid: { type: 'boolean' },
        },
      },
    };
    expect(stepsOf(schema, rows)).toBeLessThan(LIMITS.evaluationStepsMax / 2);
  });

  it('are no matter of the native stack: what refers on and on has an end of its own', () => {
    const node = { $dynamicAnchor: 'n', $dynamicRef: '#n' };
    const compiled = new ContractCompiler().compile(node);
    const found = compiled.ok ? compiled.contract(1) : compiled.message;
    expect(found).toMatch(/refers on and on, 500 times|refers to itself without end/);
  });
});

describe('a contract of many parts', () => {
  it('compiles at once, also when each part has an $id', () => {
    const compiler = new ContractCompiler();
    const parts = list(500).map((index) =>
      compiler.compile({ $id: `https://example.com/${index}`, type: 'number' }),
    );
    expect(parts.every(({ ok }) => ok)).toBe(true);
  });

  it('has room for thousands of properties and alternatives', () => {
    const properties = Object.fromEntries(texts(10_000).map((key) => [key, { type: 'number' }]));
    expect(stepsOf({ properties }, { t9999: 'x' })).toBeGreaterThan(10_000);
    expect(stepsOf({ oneOf: many(10_000, { type: 'string' }) }, 1)).toBeGreaterThan(10_000);
  });

  it('has a bound on its patterns, each and all', () => {
    const large = new ContractCompiler().compile({ pattern: '(abcdefghij){1000}' });
    expect(large).toMatchObject({ ok: false, message: expect.stringMatching(/patternSizeMax/) });
    const compiler = new ContractCompiler();
    const all = list(40).map((index) => compiler.compile({ pattern: `x${index}[ab]{1000}y{900}` }));
    const refused = all.filter(({ ok }) => !ok);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({
      message: expect.stringMatching(/definitionPatternSizeMax/),
    });
  });
});

describe('the compilation of a contract', () => {
  const long = 'a'.repeat(300_000);

  // Each of these would be read, or kept, once for each of the others.
  it.each<[string, JsonObject]>([
    ['references', { $id: `urn:${long}`, allOf: many(500, { $ref: 'urn:b' }) }],
    ['anchors', { $id: `urn:${long}`, anyOf: texts(500).map(($anchor) => ({ $anchor })) }],
    ['$ids', { $id: `http://x/${long}/`, anyOf: texts(500).map(($id) => ({ $id })) }],
    ['a part', { anyOf: [{ $id: `urn:${long}` }] }],
  ])('refuses a URI without measure, whatever stands on it: %s', (_, schema) => {
    const message = expect.stringMatching(/schemaUriCharsMax/) as string;
    expect(new ContractCompiler().compile(schema)).toMatchObject({ ok: false, message });
  });

  it('keeps the nodes of a dynamic anchor once, for all references to it', () => {
    const anchors = texts(6_000).map(($id) => ({ $id, $dynamicAnchor: 'a' }));
    const anyOf = [...anchors, ...many(6_000, { $dynamicRef: '#a' })];
    const before = performance.now();
    const compiled = new ContractCompiler().compile({
      $dynamicAnchor: 'a',
      properties: { anyOf: { anyOf } },
    });
    expect(compiled.ok).toBe(true);
    // Kept for each, they would be 36 million entries.
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

describe('a reference', () => {
  const $defs = {
    a: { $id: 'https://example.com/a', $defs: { b: { $anchor: 'b', type: 'number' } } },
    'x/y~z %': { type: 'string' },
  };

  it.each([
    ['a URI', 'https://example.com/a#b'],
    ['a pointer from a URI', 'https://example.com/a#/$defs/b'],
    ['a pointer from the root', '#/$defs/a/$defs/b'],
  ])('leads by %s', (_, $ref) => {
    const compiled = new ContractCompiler().compile({ $ref, $defs });
    expect(compiled.ok && compiled.contract('x')).toMatch(/must be number/);
  });

  it('leads through keys that need escapes', () => {
    const compiled = new ContractCompiler().compile({ $ref: '#/$defs/x~1y~0z%20%25', $defs });
    expect(compiled.ok && compiled.contract(1)).toMatch(/must be string/);
  });

  it.each([
    ['itself', { $ref: '#' }],
    ['itself by another', { $ref: '#/$defs/a', $defs: { a: { not: { $ref: '#' } } } }],
    ['itself in a condition', { if: { $ref: '#' }, then: true }],
  ])('is refused that leads to %s without going into the value', (_, schema) => {
    const compiled = new ContractCompiler().compile(schema);
    expect(compiled).toMatchObject({
      ok: false,
      message: expect.stringMatching(/refers to itself without end; correct it$/),
    });
  });
});
