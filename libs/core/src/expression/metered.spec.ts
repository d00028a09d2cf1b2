import type { Json } from '@fermata/contracts';
import { Meter } from '../meter';
import { check, evaluate } from './evaluate.fixture';

const list = (length: number) => Array.from({ length }, (_, index) => index);
const texts = (length: number) => list(length).map((index) => `text ${index}`);
const object = (length: number) =>
  Object.fromEntries(list(length).map((index) => [`k${index}`, index]));

describe('the steps of an expression', () => {
  // Ten times as much of what is gone over costs several times as many steps.
  it.each<[string, (size: number) => Json]>([
    ['run.input.all(x, x >= 0.0)', list],
    ['run.input.exists(x, x < 0.0)', list],
    ['run.input.exists_one(x, x < 0.0)', list],
    ['run.input.filter(x, x < 0.0) == []', list],
    ['run.input.map(x, 1) == []', list],
    ['run.input.map(x, x > 1.0, 1) == []', list],
    ['run.input.all(k, k != "")', object],
    ['"x" in run.input', texts],
    ['["x"] in run.input', (size) => list(size).map(() => ['x', 'y'])],
    ['"x" in run.input', object],
    ['run.input.a == run.input.b', (size) => ({ a: list(size), b: list(size) })],
    ['run.input.a != run.input.b', (size) => ({ a: object(size), b: object(size) })],
    ['run.input.a == run.input.b', (size) => ({ a: 'x'.repeat(size), b: 'x'.repeat(size) })],
    ['run.input.a < run.input.b', (size) => ({ a: 'x'.repeat(size), b: 'x'.repeat(size) })],
    ['size(run.input + run.input) > 0', list],
    ['size(run.input + run.input) > 0', (size) => 'x'.repeat(size)],
    ['run.input.join("") == ""', texts],
    ['run.input.a.join(run.input.b) == ""', (size) => ({ a: texts(9), b: 'x'.repeat(size) })],
    ['run.input.split("x") == []', (size) => 'x'.repeat(size)],
    ['run.input.split("") == []', (size) => 'x'.repeat(size)],
    ['run.input.contains("y")', (size) => 'x'.repeat(size)],
    ['run.input.indexOf("y") == 1', (size) => 'x'.repeat(size)],
    ['run.input.lastIndexOf("y") == 1', (size) => 'x'.repeat(size)],
    ['run.input.substring(1) == ""', (size) => 'x'.repeat(size)],
    ['run.input.startsWith("y")', (size) => 'x'.repeat(size)],
    ['run.input.lowerAscii() == ""', (size) => 'x'.repeat(size)],
    ['run.input.trim() == ""', (size) => 'x'.repeat(size)],
    ['run.input.re2("^(a|b)*$")', (size) => 'a'.repeat(size)],
    ['"a".re2(run.input)', (size) => `a{${size}}`],
    ['size(run.input) == 1', (size) => 'x'.repeat(size)],
    ['size(run.input) == 1', object],
    ['type(run.input) == string', object],
    ['bytes(run.input).hex() == ""', (size) => 'x'.repeat(size)],
    ['run.input.all(x, x.missing == 1)', (size) => list(size).map(() => ({}))],
    ['run.input.filter(x, x.missing == 1 || true) == []', (size) => list(size).map(() => ({}))],
    ['run.input', texts],
  ])('grow with what %s goes over (%#)', (source, made) => {
    const few = evaluate(source, made(80), new Meter(Infinity)).steps;
    const lots = evaluate(source, made(800), new Meter(Infinity)).steps;
    expect(lots).toBeGreaterThan(few * 3);
  });

  it.each<[string, Json]>([
    ['run.input.l.all(x, !(x in run.input.m))', { l: texts(10_000), m: object(10_000) }],
    ['run.input.all(x, run.input == run.input + [])', list(10_000)],
    ['run.input.map(x, "x".re2("y")).map(y, run.input.join("")) == []', texts(10_000)],
    ['run.input.map(x, run.input.map(y, {"a": x})) == []', list(10_000)],
    [
      'run.input.l.exists(x, run.input.t.contains(x))',
      { l: list(50).map(() => 'ab'), t: 'a'.repeat(800_000) },
    ],
    ['run.input.a.contains(run.input.b)', { a: 'a'.repeat(400_000), b: `b${'a'.repeat(200_000)}` }],
    ['duration(run.input) == duration("1s")', '1'.repeat(10_000)],
    // What is out of steps is no error that an operator may pass over.
    ['run.input.all(x, run.input.all(y, x == y || true)) || true', list(10_000)],
  ])('end %s (%#)', (source, input) => {
    const meter = new Meter();
    const { found } = evaluate(source, input, meter);
    expect(meter.isOut).toBe(true);
    expect(found).toEqual({ ok: false, message: expect.stringMatching(/evaluationStepsMax/) });
  });

  it('are the same at each evaluation, also after one that ran out', () => {
    const input = { l: list(50).map((index) => ({ index })), m: object(20) };
    const source =
      'run.input.l.filter(x, x.missing > 1.0 || x.index > 3.0).all(y, !("k" in run.input.m))';
    const checked = check(source);
    if (!checked.ok) throw new Error(checked.problem.message);
    const run = { id: 'r', tenant: 't', requester: 'u', input };
    const steps = [Infinity, 500, 5_000, Infinity].map((max) => {
      const meter = new Meter(max);
      const step = () => ({ status: 'pending', output: undefined }) as const;
      checked.expression.evaluate({ run, step, meter });
      return meter.spent;
    });
    expect(steps[3]).toBe(steps[0]);
  });

  it('are enough for a condition over the largest list that a command brings', () => {
    const items = list(40_000).map((index) => ({ id: index, ok: true }));
    const { found } = evaluate('run.input.all(x, x.ok == true && x.id >= 0.0)', items);
    expect(found).toEqual({ ok: true, value: true });
  });
});

describe('a pattern of re2', () => {
  it('that a value makes too large is refused before it is compiled', () => {
    const { found } = evaluate('"a".re2(run.input)', '(abcdefghij){1000}');
    expect(found).toEqual({ ok: false, message: expect.stringMatching(/patternSizeMax/) });
  });
});

describe('an item that a list does not have', () => {
  it.each([
    ['run.input[0]', [], 'item 0 of an empty list'],
    ['run.input[3]', [1, 2, 3], 'item 3 of a list of 3 items'],
    ['run.input[-1]', [1], 'item -1 of a list, whose first is item 0'],
  ])('is named with the size of the list: %s of %j', (source, input, message) => {
    const text = `expected a value of "${source}", found: ${message}`;
    expect(evaluate(source, input).found).toEqual({ ok: false, message: text });
  });
});

describe('what JSON has no value for', () => {
  it.each(['optional.none()', 'optional.of(1).value()', 'run.input.map(x, optional.none())'])(
    'is refused before a run: %s',
    (source) => {
      expect(check(source)).toMatchObject({
        ok: false,
        problem: { message: expect.stringMatching(/found an optional one; write has/) },
      });
    },
  );

  it('is refused where no check would see it', () => {
    expect(check('bytes(run.input).json()')).toMatchObject({
      ok: false,
      problem: { message: expect.stringMatching(/expected no json\(\)/) },
    });
  });
});
