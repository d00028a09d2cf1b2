import type { Json } from '@fermata/contracts';
import type { Evaluated, Scope } from '../graph/scope';
import { checkingEnvironment } from './environment';
import { checkExpression, stepsNamed } from './expression';
import type { ExpressionProblem } from './syntax';
import type { ExpressionType } from './types';

interface Given {
  readonly input?: Json;
  /** What the checker knows of the run's input; nothing unless said. */
  readonly type?: ExpressionType;
  readonly steps?: Readonly<Record<string, Json>>;
  readonly wanted?: 'bool';
}

const UNKNOWN = { type: 'dyn' } as const;

function checked(source: string, { type = UNKNOWN.type, steps = {}, wanted }: Given = {}) {
  const known = Object.keys(steps).map((id) => [id, { status: 'string', output: 'dyn' }] as const);
  const run = { id: 'string', tenant: 'string', requester: 'string', input: type };
  const environment = checkingEnvironment({ run, steps: Object.fromEntries(known) });
  const indexOf = new Map(Object.keys(steps).map((id, index) => [id, index]));
  return checkExpression(source, environment, indexOf, wanted);
}

function valueOf(source: string, given: Given = {}): Evaluated<Json> {
  const found = checked(source, given);
  if (!found.ok) throw new Error(`${found.problem.offset}: ${found.problem.message}`);
  const outputs = Object.values(given.steps ?? {});
  const scope: Scope = {
    run: { id: 'run-1', tenant: 'acme', requester: 'user:asha', input: given.input ?? null },
    step: (index) => ({ status: 'completed', output: outputs[index] }),
  };
  return found.expression.evaluate(scope);
}

function problemOf(source: string, given: Given = {}): ExpressionProblem {
  const found = checked(source, given);
  if (found.ok) throw new Error(`expected a problem with ${source}, found none`);
  return found.problem;
}

const ITEM = { n: 5, z: 0, s: 'aaa', list: [1, 2, 3] };
const ITEM_TYPE = { n: 'double', z: 'double', s: 'string', list: 'list<double>' };

describe.each([
  ['of a known type', ITEM_TYPE as ExpressionType],
  ['of an unknown type', 'dyn'],
])('a number %s', (_, type) => {
  it.each<[string, Json]>([
    ['run.input.n + 1', 6],
    ['1 + run.input.n', 6],
    ['run.input.n - 1.5', 3.5],
    ['2 * run.input.n', 10],
    ['run.input.n / 2', 2.5],
    ['7 / 2', 3],
    ['int(run.input.n) % 2', 1],
    ['-run.input.n', -5],
    ['size(run.input.list) * 2.5', 7.5],
    ['run.input.list.map(x, x * 2)', [2, 4, 6]],
    ['run.input.list[0]', 1],
  ])('counts with whole and broken literals alike: %s', (source, value) => {
    expect(valueOf(source, { input: ITEM, type })).toEqual({ ok: true, value });
  });

  it.each([
    ['run.input.n == 5', true],
    ['5 == run.input.n', true],
    ['run.input.n == 5.0', true],
    ['run.input.n != 5', false],
    ['5 != run.input.n', false],
    ['run.input.n < 6 && run.input.n <= 5 && run.input.n > 4 && run.input.n >= 5', true],
    ['6 > run.input.n && 5 >= run.input.n && 4 < run.input.n && 5 <= run.input.n', true],
    ['run.input.n in [1.0, 5.0]', true],
    ['run.input.n in [1.0, 2.0]', false],
    ['[1, 5].exists(x, x == run.input.n)', true],
    ['run.input.list.exists(x, x == 2)', true],
    ['size(run.input.list) == 3', true],
    ['run.input.z == 0', true],
  ])('compares with whole and broken literals alike: %s', (source, value) => {
    expect(valueOf(source, { input: ITEM, type })).toEqual({ ok: true, value });
  });
});

describe('the value of an expression', () => {
  it.each<[string, Json]>([
    ['null', null],
    ['{"a": [1, "b", null, true], "c": {"d": 0.5}}', { a: [1, 'b', null, true], c: { d: 0.5 } }],
    ['run.id + " " + run.tenant + " " + run.requester', 'run-1 acme user:asha'],
    ['run.input.n > 1 ? "much" : "little"', 'much'],
    ['has(run.input.missing)', false],
    ['run.input.n == 4 && run.input.missing == 1', false],
    ['run.input.missing == 1 || true', true],
    ['steps.count.output.total + 1', 8],
    ['steps.count.status', 'completed'],
    ['steps.count', { status: 'completed', output: { total: 7 } }],
  ])('is plain JSON: %s', (source, value) => {
    const given = { input: ITEM, steps: { count: { total: 7 } } };
    expect(valueOf(source, given)).toEqual({ ok: true, value });
  });

  it.each([
    ['a key that is missing', 'run.input.missing', /found: No such key: missing$/],
    ['a division by zero', '1 / 0', /found: division by zero$/],
    [
      'a value without end',
      'run.input.n / 0',
      /to give JSON, found the number \S+, which JSON can't keep/,
    ],
    [
      'a number that JSON would round',
      '9007199254740993',
      /found the number 9007199254740993, which/,
    ],
    [
      'a double that has lost its digits',
      '9007199254740991.0 + 1.0',
      /found the number 9007199254740992/,
    ],
    ['a moment', 'timestamp("2026-01-01T00:00:00Z")', /to give JSON, found another kind/],
    ['a type', '[type(1)]', /to give JSON, found another kind/],
    ['bytes', '{"a": b"abc"}', /to give JSON, found another kind/],
    ['a sum of text and number', 'run.input.s + run.input.n', /no such overload/],
    ['a constructor', 'run.input.constructor', /No such key: constructor$/],
    ['a prototype', 'run.input["__proto__"]', /No such key: __proto__$/],
    ['a method', 'run.input.toString', /No such key: toString$/],
  ])('is a message in one line, and nothing is thrown, for %s', (_, source, message) => {
    const found = valueOf(source, { input: ITEM });
    expect(found).toEqual({ ok: false, message: expect.stringMatching(message) });
    expect(found).not.toMatchObject({ message: expect.stringContaining('\n') });
  });

  it('is nothing but what a step may hold, however a loop multiplies it', () => {
    const input = Array.from({ length: 100 }, () => 'x'.repeat(100));
    const found = valueOf('run.input.map(x, run.input.map(y, run.input))', { input });
    expect(found).toEqual({ ok: false, message: expect.stringMatching(/at most 900000 char/) });
  });
});

describe('an expression that is refused', () => {
  const total = { type: { total: 'double', name: 'string' } };

  it.each<[string, string, Given, number, RegExp]>([
    [
      'for its type',
      'run.input.total',
      { ...total, wanted: 'bool' },
      0,
      /type bool, found.*double/,
    ],
    ['for a condition that is none', 'run.input.total ? 1 : 2', total, 10, /must be bool/],
    ['for an operator without meaning', '1 == 1 && run.input.total > "a"', total, 10, /overload/],
    ['for a field that nobody promised', 'run.input.totla > 1', total, 10, /No such key: totla/],
    ['for two kinds of answer', 'true ? "a" : 1', total, 0, /same type/],
    ['for a name that is unknown', '1 + rnu.id', total, 4, /Unknown variable: rnu/],
    ['for a sentence that ends early', '1 +', total, 3, /EOF/],
    ['for a sentence that is none', 'a b', total, 2, /Unexpected/],
    ['for matches, whose time has no bound', '"a".matches("b")', total, 0, /use text\.re2/],
    ['for all steps at once', '{"all": steps}', { steps: { a: 1 } }, 8, /name the step/],
    ['for a step by a computed name', 'steps["a"].output', { steps: { a: 1 } }, 0, /name the step/],
    ['for a name that doubles values', 'cel.bind(a, [1], a + a)', {}, 0, /no cel\.bind/],
  ])('says where, %s', (_, source, given, offset, message) => {
    const problem = problemOf(source, given);
    expect(problem.message).toMatch(message);
    expect(problem.message).toMatch(/;/);
    expect(problem.offset).toBe(offset);
  });

  it('may have two nested loops, not three', () => {
    const two = '[1].all(a, [1].all(b, a == b))';
    expect(checked(two).ok).toBe(true);
    expect(problemOf(`[1].all(c, ${two})`).message).toMatch(/at most 2 nested loops, found 3/);
  });

  it('may have loops one after the other, as many as it likes', () => {
    expect(checked('[1].all(a, a == 1) && [1].all(a, a == 1) && [1].all(a, a == 1)').ok).toBe(true);
  });

  it('is one that has too many parts', () => {
    expect(problemOf(Array(1_001).fill('1').join('+')).message).toMatch(/maxAstNodes/);
    expect(problemOf(`${'('.repeat(65)}1${')'.repeat(65)}`).message).toMatch(/maxDepth/);
    expect(problemOf(`[${Array(201).fill('1').join(',')}]`).message).toMatch(/maxListElements/);
  });
});

describe('the value of an expression', () => {
  it.each(['0.0 * -1.0', '-0.0', '[0.0 * -1.0][0]'])('%s is 0, as its text is', (source) => {
    const found = valueOf(source);
    expect(found.ok && Object.is(found.value, 0)).toBe(true);
  });
});

it.each(['run.input', '{run.input: 1}'])('half a character is no value: %s', (source) => {
  const found = valueOf(source, { input: '\ud83d' });
  expect(found).toEqual({ ok: false, message: expect.stringMatching(/half a character/) });
});

describe('the time of an expression', () => {
  it('is linear in the text for re2, whatever the pattern', () => {
    const given = { input: 'a'.repeat(50_000) + '!' };
    expect(valueOf('run.input.re2("^(a+)+$")', given)).toEqual({ ok: true, value: false });
    expect(valueOf('run.input.re2("a!$")', given)).toEqual({ ok: true, value: true });
  });

  it('says what is wrong with a pattern, before a run where it is written out', () => {
    const message = /missing closing \)/;
    expect(problemOf('run.input.re2("(")', { input: 'a' }).message).toMatch(message);
    const found = valueOf('run.input.a.re2(run.input.b)', { input: { a: 'a', b: '(' } });
    expect(found).toEqual({ ok: false, message: expect.stringMatching(message) });
  });

  it('has a bound for nested loops over what others send', () => {
    const list = (length: number) => Array.from({ length }, (_, index) => index);
    const source = 'run.input.items.exists(x, run.input.items.exists(y, x + y < 0))';
    const found = valueOf(source, { input: { items: list(1_001) } });
    expect(found).toEqual({ ok: false, message: expect.stringMatching(/evaluationStepsMax/) });
    expect(valueOf(source, { input: { items: list(400) } })).toEqual({ ok: true, value: false });
  });
});

describe('the names of an expression', () => {
  it('are the steps that it reads, each once', () => {
    expect(stepsNamed('steps.a.output.x + steps.b.output + steps.a.output.y')).toEqual(
      expect.arrayContaining(['a', 'b']),
    );
    expect(stepsNamed('[1].map(x, steps.c.output[steps.d.output])').toSorted()).toEqual(['c', 'd']);
  });

  it('are none when it can not be read', () => {
    expect(stepsNamed('steps.a.output +')).toEqual([]);
  });

  it('are a path only when it is nothing but a reference', () => {
    const pathOf = (source: string) => {
      const found = checked(source, { steps: { a: 1 } });
      return found.ok ? found.expression.path : found.problem;
    };
    expect(pathOf('run.input.terms.amount')).toEqual(['run', 'input', 'terms', 'amount']);
    expect(pathOf('steps.a.output')).toEqual(['steps', 'a', 'output']);
    expect(pathOf('run.input.amount + 1')).toBeNull();
    expect(pathOf('run.input.items[0]')).toBeNull();
  });

  it('are all that is looked up: a large graph costs nothing', () => {
    const found = checked('steps.b.output', { steps: { a: 1, b: 2, c: 3 } });
    const asked: number[] = [];
    const scope: Scope = {
      run: { id: 'r', tenant: 't', requester: 'u', input: null },
      step: (index) => {
        asked.push(index);
        return { status: 'completed', output: index };
      },
    };
    expect(found.ok && found.expression.evaluate(scope)).toEqual({ ok: true, value: 1 });
    expect(asked).toEqual([1]);
  });
});
