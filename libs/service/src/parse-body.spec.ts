import { Fault } from '@fermata/contracts';
import { z } from 'zod';
import { parseQuery } from './parse-body';

const SCHEMA = z.strictObject({
  workflow: z.string(),
  limit: z.number().max(10).optional(),
  of: z.strictObject({ tags: z.array(z.string()) }).optional(),
});

function refusalOf(value: unknown): string {
  try {
    parseQuery(value, SCHEMA);
  } catch (error) {
    if (error instanceof Fault) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('expected a refusal, found none');
}

const HEAD = 'COMMAND_MALFORMED: expected a query as /openapi.json describes it, found ';

describe('a refused request says what was found, and where', () => {
  it.each([
    ['a misspelt field', { workflow: 'a', wrokflow: 'b' }, 'the unknown field "wrokflow"'],
    ['a field that is missing', {}, 'nothing at /workflow, which is needed'],
    ['no object', 'text', '"text" (Invalid input: expected object, received string)'],
    [
      'a value that is too big',
      { workflow: 'a', limit: 11 },
      '11 at /limit (Too big: expected number to be <=10)',
    ],
    [
      'a value that is deep',
      { workflow: 'a', of: { tags: ['x', 7] } },
      '7 at /of/tags/1 (Invalid input: expected string, received number)',
    ],
    ['two faults', { a: 1 }, 'nothing at /workflow, which is needed; the unknown field "a"'],
  ])('%s', (_name, value, found) => {
    expect(refusalOf(value)).toBe(`${HEAD}${found}; correct it`);
  });

  it('repeats of long texts and many fields only the begin', () => {
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`field${i}`, 1]));
    expect(refusalOf({ workflow: 'a', ...many }).length).toBeLessThan(500);
    expect(refusalOf({ workflow: 'a', ['x'.repeat(100_000)]: 1 }).length).toBeLessThan(500);
    expect(refusalOf({ workflow: 'a', limit: 'x'.repeat(100_000) }).length).toBeLessThan(500);
  });
});
