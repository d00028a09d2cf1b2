import type { Definition, StepDefinition } from '@fermata/contracts';
import { CLASS, DESK, graphOf, look, problemsOf, scopeOf } from './definition.fixture';
import { consult } from '../policy/consult';
import type { AgentWork } from '../steps/agent';
import type { GraphStep } from './graph';

function stepOf(
  steps: Readonly<Record<string, StepDefinition>>,
  id: string,
  more: Parameters<typeof graphOf>[1] = {},
): GraphStep {
  const found = graphOf(steps, more).steps.find((step) => step.id === id);
  if (found === undefined) throw new Error(`expected a step ${id}`);
  return found;
}

/** What an agent is asked to do at this step. */
function workOf(...given: Parameters<typeof stepOf>): AgentWork {
  const { work } = stepOf(...given);
  if (work.kind !== 'agent') throw new Error('expected a step that an agent performs');
  return work;
}

function policyWith(changed: Partial<Definition['policy']['classes']>): {
  policy: Partial<Definition['policy']>;
} {
  return { policy: { classes: { reasoning: CLASS, read: CLASS, effect: CLASS, ...changed } } };
}

describe('the numbers of a step', () => {
  const slow = {
    attemptsMax: 7,
    backoff: { initial: '5s', factor: 3, max: '1h' },
    timeout: '9m',
    lease: '40s',
  };

  it('are those of its class in the policy', () => {
    const steps = { a: look(), b: { capability: 'think' } };
    const policy = policyWith({ read: slow });
    expect(workOf(steps, 'a', policy)).toMatchObject({
      attemptsMax: 7,
      backoff: { initialMs: 5_000, factor: 3, maxMs: 3_600_000 },
      timeoutMs: 540_000,
      leaseMs: 40_000,
    });
    expect(workOf(steps, 'b', policy)).toMatchObject({ attemptsMax: 3, timeoutMs: 30_000 });
  });

  it('are its own where it says so, and the policy’s where it does not', () => {
    const backoff = { initial: '10ms', factor: 1, max: '20ms' };
    const steps = {
      tries: look([], { retry: { attemptsMax: 1 } }),
      waits: look([], { retry: { backoff } }),
      ends: look([], { timeout: '3s' }),
    };
    const numbers = (id: string) => {
      const { attemptsMax, backoff, timeoutMs } = workOf(steps, id, policyWith({ read: slow }));
      return [attemptsMax, backoff.initialMs, timeoutMs];
    };
    expect(Object.keys(steps).map(numbers)).toEqual([
      [1, 5_000, 540_000],
      [7, 10, 540_000],
      [7, 5_000, 3_000],
    ]);
  });

  it('have a lease of fifteen seconds when the policy names none', () => {
    expect(workOf({ a: look() }, 'a').leaseMs).toBe(15_000);
  });

  it('ask operators for two days when the policy names no approvers', () => {
    const asked = { groups: ['operators'], dueMs: 172_800_000, onDue: 'reject' };
    const approversOf = ({ policy }: ReturnType<typeof workOf>) =>
      consult(policy, 'approvers', { cause: 'policy' }).outcome;
    expect(approversOf(workOf({ a: look() }, 'a'))).toEqual(asked);
    const approvers = { groups: ['risk'], due: '3h', onDue: 'reject' as const };
    expect(approversOf(workOf({ a: look() }, 'a', { policy: { approvers } }))).toEqual({
      groups: ['risk'],
      dueMs: 10_800_000,
      onDue: 'reject',
    });
  });
});

describe('the condition of a step', () => {
  const steps = { a: look(), b: look(['a'], { when: 'steps.a.output.go' }) };
  const when = (output: Record<string, boolean | number>) =>
    stepOf(steps, 'b').when(scopeOf(null, [output]));

  it('is yes when there is none', () => {
    expect(stepOf(steps, 'a').when(scopeOf(null, []))).toEqual({ ok: true, value: true });
  });

  it('is what its expression gives', () => {
    expect(when({ go: true })).toEqual({ ok: true, value: true });
    expect(when({ go: false })).toEqual({ ok: true, value: false });
  });

  it('is a mistake, not a no, when it gives neither or nothing', () => {
    expect(when({ go: 1 })).toMatchObject({
      ok: false,
      message: expect.stringMatching(/true or false, found 1$/),
    });
    expect(when({})).toMatchObject({
      ok: false,
      message: expect.stringMatching(/No such key: go$/),
    });
  });

  it.each([
    ['a step that it does not need', look([], { when: 'steps.a.output.go' })],
    ['itself', look(['a'], { when: 'steps.b.output.go' })],
    ['a step that does not exist', look(['a'], { when: 'steps.c.output.go' })],
  ])('may not read %s', (_, b) => {
    expect(problemsOf({ a: look(), b })).toMatchObject([
      { code: 'STEP_UNKNOWN', path: ['workflow', 'steps', 'b', 'when'], offset: 6 },
    ]);
  });

  it('may read what its needs need', () => {
    const chain = { a: look(), b: look(['a']), c: look(['b'], { when: 'steps.a.output == 1' }) };
    expect(stepOf(chain, 'c').when(scopeOf(null, [1]))).toEqual({ ok: true, value: true });
  });
});

describe('the input of a step', () => {
  it('is the run’s input for a step without needs', () => {
    expect(workOf({ a: look() }, 'a').input(scopeOf({ x: 1 }, []))).toEqual({
      ok: true,
      value: { x: 1 },
    });
  });

  it('is the outputs of its needs by name, without those that were skipped', () => {
    const steps = { a: look(), b: look(), c: look(['a', 'b']) };
    expect(workOf(steps, 'c').input(scopeOf({}, [{ n: 1 }]))).toEqual({
      ok: true,
      value: { a: { n: 1 } },
    });
  });

  it('is what its fields give, and nothing else', () => {
    const input = { twice: 'steps.a.output.n * 2', by: 'run.requester' };
    const steps = { a: look(), b: look(['a'], { input }) };
    expect(workOf(steps, 'b').input(scopeOf({}, [{ n: 4 }]))).toEqual({
      ok: true,
      value: { twice: 8, by: 'user:asha' },
    });
  });

  it('says which field could not be given', () => {
    const steps = { a: look([], { input: { n: 'run.input.n' } }) };
    expect(workOf(steps, 'a').input(scopeOf({}, []))).toMatchObject({
      ok: false,
      message: expect.stringMatching(/^field "n": /),
    });
  });
});

describe('a handoff', () => {
  const number = { type: 'number' };
  const agents = [
    {
      ...DESK,
      capabilities: {
        count: {
          module: './c.ts',
          risk: 'read',
          output: { type: 'object', required: ['total'], properties: { total: number } },
        },
        print: {
          module: './p.ts',
          risk: 'read',
          input: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
        },
      },
    } as const,
  ];
  const print = (more: StepDefinition = {}) => ({
    count: { capability: 'count' },
    print: { capability: 'print', needs: ['count'], ...more },
  });
  const path = ['workflow', 'steps', 'print', 'input'];

  it('is refused when a field of another type is handed on', () => {
    const problems = problemsOf(print({ input: { text: 'steps.count.output.total' } }), { agents });
    expect(problems).toMatchObject([{ code: 'CONTRACT_INCOMPATIBLE', path: [...path, 'text'] }]);
    expect(problems[0]?.message).toBe(
      'expected what desk.print accepts, found another contract at /text: expected string, found number; change one of them',
    );
  });

  it('is refused when nobody gives a field that is required', () => {
    for (const more of [{ input: {} }, {}]) {
      expect(problemsOf(print(more), { agents })).toMatchObject([
        { code: 'CONTRACT_INCOMPATIBLE', path },
      ]);
    }
  });

  it('is refused when the run’s own input does not fit', () => {
    const workflow = {
      input: { type: 'object', required: ['text'], properties: { text: number } },
    };
    expect(problemsOf({ print: { capability: 'print' } }, { agents, workflow })).toMatchObject([
      { code: 'CONTRACT_INCOMPATIBLE', path: path.slice(0, -1) },
    ]);
  });

  it('is taken when what is handed on is computed, and checked when it is there', () => {
    const step = workOf(print({ input: { text: 'string(steps.count.output.total)' } }), 'print', {
      agents,
    });
    expect(step.checkInput({ text: '7' })).toBeNull();
    expect(step.checkInput({ text: 7 })).toMatch(/\/text must be string, found 7/);
  });

  it('must meet the contract of the step and that of its agent', () => {
    const output = { type: 'object', properties: { total: { maximum: 10 } } };
    const { checkOutput } = workOf({ count: { capability: 'count', output } }, 'count', { agents });
    expect(checkOutput({ total: 7 })).toBeNull();
    expect(checkOutput({ total: 11 })).toMatch(/\/total must be <= 10/);
    expect(checkOutput({})).toMatch(/required property 'total'/);
  });
});

describe('a gate', () => {
  const gate = {
    title: 'Review',
    groups: ['reviewers'],
    show: { n: 'steps.a.output.n' },
    due: '2d',
    onDue: { escalate: { groups: ['seniors'], due: '1d', then: 'reject' } },
    editable: { type: 'object', properties: { n: { type: 'number', maximum: 10 } } },
  } as const satisfies StepDefinition['gate'];
  const steps = { a: look(), r: { needs: ['a'], gate } };

  it('asks whom it names, shows what it says, and takes what it lets edit', () => {
    const { work } = stepOf(steps, 'r');
    if (work.kind !== 'gate') throw new Error('expected a gate');
    expect(work).toMatchObject({ risk: 'gate', title: 'Review' });
    expect(work.asked).toMatchObject({ groups: ['reviewers'], dueMs: 172_800_000 });
    expect(work.show(scopeOf({}, [{ n: 3 }]))).toEqual({ ok: true, value: { n: 3 } });
    expect(work.checkEdited({ n: 3 }, { n: 10 })).toBeNull();
    expect(work.checkEdited({ n: 3 }, { n: 11 })).toMatch(/\/n must be <= 10/);
  });

  it('gives the steps behind it a decision whose parts are known', () => {
    const then = (when: string) => problemsOf({ ...steps, b: look(['r'], { when }) });
    expect(then('steps.r.output.decision == "approve" && steps.r.output.data.n > 3')).toEqual([]);
    expect(then('steps.r.output.decison == "approve"')).toMatchObject([
      { code: 'EXPRESSION_INVALID', message: expect.stringMatching(/No such key: decison/) },
    ]);
  });

  it.each([
    ['never' as const, [false, false]],
    ['always' as const, [true, true]],
    [{ when: 'input.amount > 1000 && run.tenant == "acme"' }, [false, true]],
    [undefined, [false, false]],
  ])('of the policy with the rule %j depends on the input', (rule, held) => {
    const effect = rule === undefined ? CLASS : { ...CLASS, gate: rule };
    const { policy, risk } = workOf({ a: { capability: 'act' } }, 'a', policyWith({ effect }));
    const answers = [1_000, 1_001].map((amount) => {
      return consult(policy, 'gate', { risk, scope: scopeOf({}, []), input: { amount } }).outcome;
    });
    expect(answers).toEqual(held.map((value) => ({ ok: true, value })));
  });

  it('of the policy whose rule fails is a mistake, neither a yes nor a no', () => {
    const effect = { ...CLASS, gate: { when: 'input.amount > 1000' } };
    const { policy, risk } = workOf({ a: { capability: 'act' } }, 'a', policyWith({ effect }));
    const question = { risk, scope: scopeOf({}, []), input: {} };
    expect(consult(policy, 'gate', question).outcome).toMatchObject({
      ok: false,
      message: expect.stringMatching(/No such key: amount/),
    });
  });
});
