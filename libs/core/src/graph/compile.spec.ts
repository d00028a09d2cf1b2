import { LIMITS, type StepDefinition } from '@fermata/contracts';
import { compileDefinition, compiling, definitionHash } from './compile';
import { CLASS, definitionOf, graphOf, look, problemsOf, scopeOf } from './definition.fixture';

const GATE = {
  title: 'Review',
  groups: ['reviewers'],
  show: {},
  due: '2d',
  onDue: 'reject',
} as const satisfies StepDefinition['gate'];

function many(count: number, step: (index: number) => StepDefinition) {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`s${index}`, step(index)]),
  );
}

describe('a definition', () => {
  it('has the same hash whatever the order of its keys, and another for any other content', () => {
    const once = definitionOf({ a: look(), b: look(['a']) });
    const turned = { agents: once.agents, policy: once.policy, workflow: once.workflow };
    expect(definitionHash(turned)).toBe(definitionHash(once));
    expect(definitionHash(once)).toMatch(/^[0-9a-f]{64}$/);
    expect(definitionHash(definitionOf({ a: look(), b: look() }))).not.toBe(definitionHash(once));
  });

  it('gives each step its index, its needs and who waits for it', () => {
    const { steps, indexOf } = graphOf({ a: look(), b: look(['a']), c: look(['b', 'a', 'b']) });
    expect(steps.map(({ id, index, needs, dependents }) => [id, index, needs, dependents])).toEqual(
      [
        ['a', 0, [], [1, 2]],
        ['b', 1, [0], [2]],
        ['c', 2, [1, 0], []],
      ],
    );
    expect([...indexOf]).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ]);
  });

  it('takes steps in any order: a step may need one that is written below it', () => {
    expect(graphOf({ b: look(['a']), a: look() }).steps[0]?.needs).toEqual([1]);
  });

  it('takes steps that are named like parts of an object', () => {
    const { steps } = graphOf({ toString: look(), valueOf: look(['toString']) });
    expect(steps.map(({ id, needs }) => [id, needs])).toEqual([
      ['toString', []],
      ['valueOf', [0]],
    ]);
  });
});

describe('a definition that is wrong', () => {
  it.each<[string, Record<string, StepDefinition>, string, (string | number)[], RegExp]>([
    [
      'for a need that nobody meets',
      { count: look(), print: look(['count', 'cuont']) },
      'STEP_UNKNOWN',
      ['workflow', 'steps', 'print', 'needs', 1],
      /found "cuont"; did you mean count\?/,
    ],
    [
      'for a step that needs itself',
      { a: look(['a']) },
      'GRAPH_CYCLE',
      ['workflow', 'steps', 'a', 'needs'],
      /found a needs a;/,
    ],
    [
      'for a step behind a cycle: the cycle is named, not the step',
      { last: look(['a']), a: look(['b']), b: look(['a']) },
      'GRAPH_CYCLE',
      ['workflow', 'steps', 'a', 'needs'],
      /found a needs b needs a;/,
    ],
    ['for no steps', {}, 'LIMIT_EXCEEDED', ['workflow', 'steps'], /1 to 10000 steps, found 0/],
    [
      'for a gate with a time limit of its own beside its due time',
      { a: { gate: GATE, timeout: '1m' } },
      'DEFINITION_INVALID',
      ['workflow', 'steps', 'a', 'timeout'],
      /found also "timeout"/,
    ],
    [
      'for a gate that has a capability',
      { a: { gate: GATE, capability: 'look' } },
      'DEFINITION_INVALID',
      ['workflow', 'steps', 'a', 'capability'],
      /found also "capability"/,
    ],
    [
      'for a contract that is none',
      { a: look([], { output: { type: 'strnig' } }) },
      'DEFINITION_INVALID',
      ['workflow', 'steps', 'a', 'output', 'type'],
      /expected a JSON Schema/,
    ],
    [
      'for what a gate would show',
      { a: { gate: { ...GATE, show: { x: 'run.inptu' } } } },
      'EXPRESSION_INVALID',
      ['workflow', 'steps', 'a', 'gate', 'show', 'x'],
      /inptu/,
    ],
  ])('says where, %s', (_, steps, code, path, message) => {
    expect(problemsOf(steps)).toEqual([
      expect.objectContaining({ code, path, message: expect.stringMatching(message) }),
    ]);
  });

  it('is told of all that is wrong in its steps at once', () => {
    const steps = {
      a: { capability: 'lok' },
      b: look([], { when: '1' }),
      c: look([], { output: { type: 'x' } }),
    };
    expect(problemsOf(steps).map(({ path }) => path[2])).toEqual(['a', 'b', 'c']);
  });

  it('must come with the policy that its workflow names', () => {
    const [problem] = problemsOf({ a: look() }, { workflow: { policy: 'strict@2.0.0' } });
    expect(problem).toMatchObject({ code: 'DEFINITION_INVALID', path: ['workflow', 'policy'] });
    expect(problem?.message).toMatch(/expected policy strict@2\.0\.0, found plain@1\.0\.0/);
  });

  it('is told once of a rule of its policy, even when no step or many steps meet it', () => {
    const effect = { ...CLASS, gate: { when: 'input.amount > 1 && inptu' } };
    const policy = { classes: { reasoning: CLASS, read: CLASS, effect } };
    for (const steps of [{ a: look() }, many(3, () => ({ capability: 'act' }))]) {
      expect(problemsOf(steps, { policy })).toEqual([
        expect.objectContaining({
          code: 'EXPRESSION_INVALID',
          path: ['policy', 'classes', 'effect', 'gate', 'when'],
          offset: 20,
        }),
      ]);
    }
  });
});

describe('the limits of a definition', () => {
  it('are ten thousand steps, and those take no longer than a person waits', () => {
    const began = performance.now();
    expect(graphOf(many(10_000, (index) => look(index > 0 ? ['s0'] : []))).steps).toHaveLength(
      10_000,
    );
    expect(graphOf(many(10_000, (index) => look(index > 0 ? [`s${index - 1}`] : []))).hash).toMatch(
      /./,
    );
    expect(problemsOf(many(LIMITS.graphStepsMax + 1, () => look()))).toMatchObject([
      { code: 'LIMIT_EXCEEDED', path: ['workflow', 'steps'] },
    ]);
    // Half a second here; a cost that grows with the square of the steps takes minutes.
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('are fifty problems: a large graph that is all wrong is told so at once', () => {
    const began = performance.now();
    expect(problemsOf(many(10_000, (index) => look([`gone${index}`])))).toHaveLength(50);
    const chain = many(2_000, (index) =>
      look(index > 0 ? [`s${index - 1}`] : [], { when: 'steps.gone.output == 1' }),
    );
    expect(problemsOf(chain)).toHaveLength(50);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('are the characters of a cycle that a message names', () => {
    const [problem] = problemsOf(many(1_000, (index) => look([`s${(index + 1) % 1_000}`])));
    expect(problem?.message).toMatch(/found s0 needs s1 .* needs … needs s0;/);
    expect(problem?.message.length).toBeLessThan(200);
  });

  it('are the bytes of one record', () => {
    const description = 'x'.repeat(1_000);
    const problems = problemsOf(many(900, () => look([], { description })));
    expect(problems).toMatchObject([{ code: 'LIMIT_EXCEEDED', path: ['workflow'] }]);
    expect(problems[0]?.message).toMatch(/at most 900000 bytes of definition, found 9\d{5}/);
  });
});

describe('checkpoints', () => {
  const steps = { a: look(), b: look(), c: look(['a', 'b']) };

  it('stand in the order of their labels in the file, with their steps', () => {
    const graph = graphOf(steps, { workflow: { checkpoints: { late: ['c'], early: ['b', 'a'] } } });
    expect(graph.checkpoints).toEqual([
      { label: 'late', steps: [2] },
      { label: 'early', steps: [1, 0] },
    ]);
    expect(graph.steps.map(({ checkpoints }) => checkpoints)).toEqual([[1], [1], [0]]);
  });

  it('name steps of the workflow only', () => {
    const [problem] = problemsOf(steps, { workflow: { checkpoints: { c1: ['a', 'd'] } } });
    expect(problem).toMatchObject({
      code: 'STEP_UNKNOWN',
      path: ['workflow', 'checkpoints', 'c1', 1],
    });
  });
});

describe('the result of a run', () => {
  const steps = { a: look(), b: look(['a']), c: look(['a']) };

  it('is what the workflow says', () => {
    const output = { total: 'steps.b.output + steps.c.output', who: 'run.requester' };
    const graph = graphOf(steps, { workflow: { output } });
    expect(graph.output(scopeOf({}, [1, 2, 3]))).toEqual({
      ok: true,
      value: { total: 5, who: 'user:asha' },
    });
  });

  it('is else the outputs of the steps that nobody needs, null where one was skipped', () => {
    expect(graphOf(steps).output(scopeOf({}, [1, 2]))).toEqual({
      ok: true,
      value: { b: 2, c: null },
    });
  });

  it('says which field it could not give', () => {
    const graph = graphOf(steps, { workflow: { output: { total: 'steps.b.output.x' } } });
    expect(graph.output(scopeOf({}, [1, {}, 3]))).toEqual({
      ok: false,
      message: expect.stringMatching(/^field "total": expected a value of .* No such key: x$/),
    });
  });
});

describe('a compiled workflow', () => {
  it('checks its input, and knows how long it may take', () => {
    const input = { type: 'object', required: ['amount'] };
    const graph = graphOf({ a: look() }, { workflow: { input, timeout: '7d' } });
    expect(graph.checkInput({ amount: 1 })).toBeNull();
    expect(graph.checkInput({})).toMatch(/required property 'amount'/);
    expect(graph.timeoutMs).toBe(604_800_000);
    expect(graphOf({ a: look() }).timeoutMs).toBeNull();
    expect(graphOf({ a: look() }).checkInput('anything')).toBeNull();
  });

  it('is compiled in pieces: each step, each expression and each schema is one', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`p${index}`, { type: 'string' }]),
    );
    const fields = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`f${index}`, 'run.id']),
    );
    const steps = Array.from({ length: 200 }, (_, index) => [`s${index}`, look()]);
    const input = { type: 'object', properties };
    const definition = definitionOf(
      { ...Object.fromEntries(steps), last: look([], { input: fields }) },
      { workflow: { input } },
    );
    let pieces = 0;
    const work = compiling(definition);
    while (work.next().done !== true) pieces += 1;
    // A schema is looked at by itself, searched for names, and compiled.
    expect(pieces).toBeGreaterThanOrEqual(200 + 300 + 3 * 500);
  });

  it('is pinned to the names and versions of its workflow and policy', () => {
    const definition = definitionOf({ a: look() });
    const compiled = compileDefinition(definition);
    expect(compiled.ok && compiled.graph).toMatchObject({
      hash: definitionHash(definition),
      workflow: { name: 'flow', version: '1.0.0' },
      policy: { name: 'plain', version: '1.0.0' },
    });
  });
});
