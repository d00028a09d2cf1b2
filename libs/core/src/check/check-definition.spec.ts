import type { AgentDefinition, JsonObject, StepDefinition } from '@fermata/contracts';
import { compileDefinition } from '../graph/compile';
import { CLASS, definitionOf, DESK, look, problemsOf } from '../graph/definition.fixture';

const VERDICT: JsonObject = {
  type: 'object',
  required: ['verdict', 'amount', 'kinds', 'orders'],
  properties: {
    verdict: { type: 'string', enum: ['refund', 'question', 'complaint'] },
    amount: { type: 'number', minimum: 0, maximum: 500 },
    note: { type: 'string' },
    urgent: { type: 'boolean' },
    channel: { const: 'mail' },
    size: { type: 'integer', enum: [1, 2, 3] },
    kinds: { type: 'array', items: { enum: ['a', 'b'] } },
    orders: {
      type: 'array',
      items: { type: 'object', properties: { state: { enum: ['open', 'sent'] } } },
    },
  },
};

const GATE = {
  title: 'Review',
  groups: ['reviewers'],
  show: { verdict: 'steps.read.output.verdict' },
  due: '2d',
  onDue: 'reject',
} as const satisfies StepDefinition['gate'];

const read: StepDefinition = { capability: 'look', output: VERDICT };
const act = (needs: string[], more: StepDefinition = {}): StepDefinition => ({
  capability: 'act',
  needs,
  ...more,
});

/** What is told of a condition on the output of `read`. */
function told(when: string): readonly (readonly [string, number | undefined, string])[] {
  return problemsOf({ read, next: look(['read'], { when }) }).map(
    ({ code, offset, message }) => [code, offset, message] as const,
  );
}

describe('a comparison with a value that the other side never is', () => {
  it.each([
    ["steps.read.output.verdict == 'refnud'", 29, 'refund'],
    ["steps.read.output.verdict != 'refnud'", 29, 'refund'],
    ["'qestion' == steps.read.output.verdict", 0, 'question'],
    ["steps.read.output.verdict in ['refund', 'complant']", 40, 'complaint'],
    ["steps.read.output['verdict'] == 'refnud'", 32, 'refund'],
    ["dyn(steps.read.output.verdict) == 'refnud'", 34, 'refund'],
    ["steps.read.output.orders.exists(o, o.state == 'opne')", 46, 'open'],
    ["steps.read.output.kinds.all(k, k == 'a' || k == 'bb')", 48, 'b'],
    ["'aa' in steps.read.output.kinds", 0, 'a'],
    ["steps.read.status == 'complete'", 21, 'completed'],
    ["(run.id == 'x' ? steps.read.output.verdict : 'refund') == 'refnd'", 58, 'refund'],
  ])('is refused at its place, with what was meant: %s', (when, offset, meant) => {
    const message = expect.stringContaining(`did you mean "${meant}"?`);
    expect(told(when)).toEqual([['COMPARISON_IMPOSSIBLE', offset, message]]);
  });

  it('is refused for numbers and constants too', () => {
    expect(told('steps.read.output.size == 4')[0]?.[2]).toBe(
      'expected one of 1, 2, 3 to compare with steps.read.output.size, found 4, which it never is; compare with one of these',
    );
    expect(told("steps.read.output.channel == 'chat' || run.id == 'a'")[0]?.[2]).toBe(
      'expected "mail" to compare with steps.read.output.channel, found "chat", which it never is; did you mean "mail"?',
    );
  });

  it('is no comparison with what may be anything', () => {
    expect(told("has(steps.read.output.note) && steps.read.output.note == 'refnud'")).toEqual([]);
    expect(told("run.input.verdict == 'refnud'")).toEqual([]);
  });
});

describe('a condition that is none', () => {
  it.each([
    ["steps.read.output.verdict == 'refund' && steps.read.output.verdict == 'question'", 'true'],
    ["steps.read.output.verdict != 'refund' || steps.read.output.verdict != 'question'", 'false'],
    ["steps.read.output.verdict in ['refund', 'question', 'complaint']", 'false'],
    ['steps.read.output.amount > 500', 'true'],
    ['steps.read.output.amount >= 0', 'false'],
    ['steps.read.output.amount > 10 && steps.read.output.amount < 5', 'true'],
    ['steps.read.output.amount > 10 || !(steps.read.output.amount > 10)', 'false'],
    ['false', 'true'],
    ['1 < 2', 'false'],
    ["run.id == 'a' && run.id == 'b'", 'true'],
    ["run.id == 'a' ? false : run.id == 'a'", 'true'],
  ])('is refused: %s', (when, never) => {
    const message = expect.stringContaining(`which is never ${never};`);
    expect(told(when)).toEqual([['CONDITION_CONSTANT', expect.any(Number), message]]);
  });

  it.each([
    ["steps.read.output.verdict == 'refund' && steps.read.output.amount > 100"],
    ['steps.read.output.amount > 0'],
    ['steps.read.output.amount == 500'],
    ["steps.read.status == 'completed'"],
    ['size(steps.read.output.kinds) > 2 || size(steps.read.output.kinds) == 0'],
    ['steps.read.output.orders.exists(o, o.state == "open")'],
  ])('is told from one that depends on the run: %s', (when) => {
    const codes = told(when).map(([code]) => code);
    expect(codes.filter((code) => code !== 'FIELD_MAY_BE_ABSENT')).toEqual([]);
  });

  it('is found inside a choice between two values', () => {
    const input = { text: "steps.read.output.amount > 900 ? 'much' : 'little'" };
    const problems = problemsOf({ read, next: look(['read'], { input }) });
    expect(problems).toMatchObject([{ code: 'CONDITION_CONSTANT', offset: 0 }]);
  });
});

describe('the output of a step that may be skipped', () => {
  const maybe = look(['read'], { when: 'steps.read.output.amount > 100' });
  const tell = (steps: Record<string, StepDefinition>, output?: Record<string, string>) =>
    problemsOf({ read, maybe, ...steps }, output && { workflow: { output } })
      .filter(({ severity }) => severity === 'error')
      .map(({ code, path, offset }) => [code, path.slice(2).join('.'), offset]);

  it.each([
    ['steps.maybe.output.x'],
    ["steps.maybe.status == 'skipped' ? steps.maybe.output.x : 1"],
    ['steps.read.output.amount > 50 ? steps.maybe.output.x : 1'],
    ["steps.maybe.status == 'completed' || steps.maybe.output.x == 1"],
    ['has(steps.maybe.output.x)'],
    ['[1].map(n, steps.maybe.output.x)'],
  ])('is refused without asking for its status: %s', (value) => {
    expect(tell({ last: look(['maybe'], { input: { value } }) })).toMatchObject([
      ['STEP_MAY_BE_SKIPPED', 'last.input.value', expect.any(Number)],
    ]);
    expect(tell({}, { value })).toMatchObject([
      ['STEP_MAY_BE_SKIPPED', 'value', expect.any(Number)],
    ]);
  });

  it.each([
    ["steps.maybe.status == 'completed' ? steps.maybe.output.x : 1"],
    ["steps.maybe.status != 'skipped' ? steps.maybe.output.x : 1"],
    ["steps.maybe.status == 'skipped' ? 1 : steps.maybe.output.x"],
    ["!(steps.maybe.status == 'completed') ? 1 : steps.maybe.output.x"],
    ["steps.maybe.status in ['completed'] ? steps.maybe.output.x : 1"],
    ['has(steps.maybe.output) ? steps.maybe.output.x : 1'],
    ['has(steps.maybe.output) && has(steps.maybe.output.x) ? steps.maybe.output.x : 1'],
    ['steps.read.output.amount > 100 ? steps.maybe.output.x : 1'],
    ['steps.read.output.amount >= 200 ? steps.maybe.output.x : 1'],
    ["steps.maybe.output.x == 1 && steps.maybe.status == 'completed'"],
    ["steps.maybe.status == 'skipped' || steps.maybe.output.x == 1"],
    ["steps.maybe.output.x == 1 || steps.maybe.status == 'skipped'"],
    ["[1].map(n, steps.maybe.status == 'completed' ? steps.maybe.output.x : n)"],
    ['steps.maybe'],
  ])('may be read where its status was asked for, or follows: %s', (value) => {
    expect(tell({ last: look(['maybe'], { input: { value } }) })).toEqual([]);
    expect(tell({}, { value })).toEqual([]);
  });

  it('may be read by a step that runs under the same condition, or a narrower one', () => {
    const input = { value: 'steps.maybe.output.x' };
    for (const when of [
      'steps.read.output.amount > 100',
      "steps.read.output.amount > 100 && run.id != ''",
      'steps.read.output.amount == 300',
      "steps.maybe.status == 'completed'",
    ]) {
      expect(tell({ last: look(['maybe'], { when, input }) })).toEqual([]);
    }
    const wider = look(['maybe'], { when: 'steps.read.output.amount > 99', input });
    expect(tell({ last: wider })).toMatchObject([['STEP_MAY_BE_SKIPPED', 'last.input.value', 0]]);
  });

  it('follows from another step that was only completed if this one was', () => {
    const middle = look(['maybe'], { when: "steps.maybe.status == 'completed'" });
    const input = { value: "steps.middle.status == 'completed' ? steps.maybe.output.x : 1" };
    expect(tell({ middle, last: look(['middle'], { input }) })).toEqual([]);
  });

  it('is refused in the condition of its reader itself', () => {
    const last = look(['maybe'], { when: 'steps.maybe.output.x == 1' });
    expect(tell({ last })).toMatchObject([['STEP_MAY_BE_SKIPPED', 'last.when', 0]]);
  });

  it('may always be read of a step without a condition, also when its needs were skipped', () => {
    const after = look(['maybe']);
    expect(
      tell({ after, last: look(['after'], { input: { v: 'steps.after.output.x' } }) }),
    ).toEqual([]);
  });
});

describe('a field that its schema does not require', () => {
  it('is warned of when nobody asks whether it is there', () => {
    const found = problemsOf({
      read,
      next: look(['read'], { input: { v: 'steps.read.output.note' } }),
    });
    expect(found).toMatchObject([{ code: 'FIELD_MAY_BE_ABSENT', severity: 'warning', offset: 0 }]);
  });

  it.each([
    ["has(steps.read.output.note) ? steps.read.output.note : ''"],
    ["has(steps.read.output.note) && steps.read.output.note == 'x'"],
    ["!has(steps.read.output.note) || steps.read.output.note == 'x'"],
    ['steps.read.output.amount'],
  ])('is read without a word where it is there: %s', (v) => {
    expect(problemsOf({ read, next: look(['read'], { input: { v } }) })).toEqual([]);
  });
});

describe('an effect behind a gate that may be skipped', () => {
  const review = (when?: string): StepDefinition => ({
    needs: ['read'],
    gate: GATE,
    ...(when === undefined ? {} : { when }),
  });
  const refund = "steps.read.output.verdict == 'refund'";
  const told = (steps: Record<string, StepDefinition>, more = {}) =>
    problemsOf({ read, ...steps }, more).map(({ code, severity, message }) => [
      code,
      severity,
      message,
    ]);

  it('is warned of, with the way around the gate', () => {
    const steps = { review: review(refund), note: look(['review']), pay: act(['note']) };
    expect(told(steps)).toEqual([
      [
        'GATE_AVOIDABLE',
        'warning',
        'expected a person to decide before each run of the effect pay, found a way around its gate: ' +
          "review (skipped) → note → pay, when steps.read.output.verdict == 'refund' is false; " +
          'give pay the same condition, or ask there for steps.review.status',
      ],
    ]);
  });

  it.each([
    ['has no condition', undefined, undefined],
    ['has the condition of the effect', refund, refund],
    ['has a wider one', refund, `${refund} && steps.read.output.amount > 10`],
    ['was thought of', refund, "steps.review.status == 'completed'"],
    ['was thought of', refund, `steps.review.status == 'skipped' || ${refund}`],
  ])('is not when the gate %s', (_, gate, when) => {
    const pay = act(['review'], when === undefined ? {} : { when });
    expect(told({ review: review(gate), pay })).toEqual([]);
  });

  it('is not when the effect asks in its input what to do without a decision', () => {
    const amount = "steps.review.status == 'skipped' ? dyn(1) : steps.review.output.data.verdict";
    expect(told({ review: review(refund), pay: act(['review'], { input: { amount } }) })).toEqual(
      [],
    );
  });

  it('is not when one of several gates always holds it', () => {
    const steps = {
      small: review('steps.read.output.amount <= 100'),
      large: review('steps.read.output.amount > 100'),
      pay: act(['small', 'large']),
    };
    expect(told(steps)).toEqual([]);
  });

  it('is not when the policy holds every effect', () => {
    const effect = { ...CLASS, gate: 'always' as const };
    const policy = { classes: { reasoning: CLASS, read: CLASS, effect } };
    expect(told({ review: review(refund), pay: act(['review']) }, { policy })).toEqual([]);
  });
});

describe('what was deployed', () => {
  it('still compiles for its runs, whatever authors are told of it today', () => {
    const steps = {
      read,
      never: look(['read'], { when: "steps.read.output.verdict == 'refnud'" }),
      always: look(['read'], { when: 'true' }),
      last: look(['never'], {
        input: { v: 'steps.never.output.x', w: 'steps.read.output.nowhere' },
      }),
    };
    const web: AgentDefinition = {
      name: 'web',
      version: '1.0.0',
      kind: 'http',
      url: 'localhost:80',
      capabilities: {},
    };
    expect(problemsOf(steps, { agents: [DESK, web] })).not.toEqual([]);
    expect(compileDefinition(definitionOf(steps, { agents: [DESK, web] })).ok).toBe(true);
  });
});

describe('the work of a check', () => {
  it('has a bound: hundreds of steps with conditions of each other', () => {
    const began = performance.now();
    const steps = Object.fromEntries(
      Array.from({ length: 500 }, (_, at) => {
        const when = at === 0 ? 'run.input.go == true' : `steps.s${at - 1}.status == 'completed'`;
        const input = at === 0 ? {} : { input: { v: `steps.s${at - 1}.output.x` } };
        return [`s${at}`, look(at === 0 ? [] : [`s${at - 1}`], { when, ...input })];
      }),
    );
    expect(problemsOf(steps)).toEqual([]);
    const parts = Array.from({ length: 60 }, (_, at) => `(run.input.a${at} || run.input.b${at})`);
    const when = parts.join(' && ');
    const hard = { a: look([], { when }), b: look(['a'], { input: { v: 'steps.a.output.x' } }) };
    problemsOf(hard);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  const list = (length: number) => Array.from({ length }, (_, at) => `value-${at}`);
  const reads = (count: number, step: StepDefinition) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`s${at}`, look([], step)]));
  const inputOf = (properties: JsonObject) => ({
    workflow: { input: { type: 'object', properties, required: Object.keys(properties) } },
  });
  const asked = (count: number) =>
    Array.from({ length: count }, (_, at) => `run.input.e == 'value-${at}'`).join(' || ');
  const taking = (input: JsonObject): AgentDefinition => ({
    name: 'desk',
    version: '1.0.0',
    kind: 'http',
    url: 'https://desk.example',
    capabilities: { look: { risk: 'read', input } },
  });

  // Each of these took from ten seconds to minutes, in a few hundred thousand characters at most.
  const classes = (count: number) =>
    list(count).map((one) => `(?i)\\p{L}[^\\p{Lu}]\\p{L}[^\\p{Lu}]${one}`);

  it.each<[string, () => ReturnType<typeof problemsOf>]>([
    [
      'contracts',
      () =>
        problemsOf(
          { a: look() },
          inputOf({ a: { anyOf: classes(5_000).map((pattern) => ({ pattern })) } }),
        ),
    ],
    [
      'expressions',
      () => {
        const conditions = classes(5_000).map((one) => `run.id.re2(${JSON.stringify(one)})`);
        const steps = conditions.map((when, at) => [`s${at}`, look([], { when })] as const);
        return problemsOf(Object.fromEntries(steps));
      },
    ],
  ])('has a bound: classes of characters in the patterns of %s', (_, check) => {
    const began = performance.now();
    const messages = check().map(({ message }) => message);
    expect(messages).toContainEqual(expect.stringMatching(/definitionPatternSizeMax/));
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it.each<[string, () => void]>([
    [
      'many comparisons with a long list',
      () => problemsOf(reads(60, { when: asked(140) }), inputOf({ e: { enum: list(30_000) } })),
    ],
    [
      'many mistakes beside long texts',
      () => {
        const long = list(10).map((one) => one + 'x'.repeat(30_000));
        const problems = problemsOf(
          { a: look([], { when: asked(140) }) },
          inputOf({ e: { enum: long } }),
        );
        expect(JSON.stringify(problems).length).toBeLessThan(100_000);
      },
    ],
    [
      'one long list handed into another',
      () => {
        const agents = [taking({ properties: { v: { enum: list(20_000).reverse() } } })];
        const steps = { a: look([], { agent: 'desk', input: { v: 'run.input.e' } }) };
        problemsOf(steps, { agents, ...inputOf({ e: { enum: list(20_000) } }) });
      },
    ],
    [
      'a long list handed in again and again',
      () => {
        const agents = [taking({ properties: { v: { enum: list(20_000) } } })];
        const steps = reads(500, { agent: 'desk', input: { v: 'run.input.e' } });
        problemsOf(steps, { agents, ...inputOf({ e: { enum: list(20_000) } }) });
      },
    ],
    [
      'fields that are asked of many patterns',
      () => {
        const patterns = list(200).map((one) => [`(?i)\\p{L}\\p{L}${one}`, true] as const);
        const steps = reads(200, { input: { v: 'run.input.e', w: 'run.input.f' } });
        const input = { type: 'object', patternProperties: Object.fromEntries(patterns) };
        problemsOf(steps, { agents: [taking({})], workflow: { input } });
      },
    ],
  ])(
    'has a bound: %s',
    (_, check) => {
      const began = performance.now();
      check();
      // Seconds, where it would be minutes without a bound; a machine may be ten times as slow.
      expect(performance.now() - began).toBeLessThan(60_000);
    },
    120_000,
  );
});
