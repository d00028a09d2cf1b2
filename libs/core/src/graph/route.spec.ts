import type { AgentDefinition, StepDefinition } from '@fermata/contracts';
import { DESK, graphOf, problemsOf } from './definition.fixture';

type Risk = 'reasoning' | 'read' | 'effect';

function agent(
  name: string,
  offers: Readonly<Record<string, Risk>>,
  tier?: number,
): AgentDefinition {
  const capabilities = Object.fromEntries(
    Object.entries(offers).map(([capability, risk]) => [capability, { module: './a.ts', risk }]),
  );
  const definition = { name, version: '1.0.0', kind: 'function' as const, capabilities };
  return tier === undefined ? definition : { ...definition, tier };
}

function routeOf(step: StepDefinition, agents: readonly AgentDefinition[]) {
  const work = graphOf({ a: step }, { agents }).steps[0]?.work;
  if (work?.kind !== 'agent') throw new Error('expected a step that an agent performs');
  return `${work.agent.name}@${work.agent.version} ${work.capability} ${work.risk}`;
}

describe('a step is performed by', () => {
  it('the agent that it names, however dear', () => {
    const agents = [agent('dear', { look: 'read' }, 9), agent('cheap', { look: 'read' }, 1)];
    expect(routeOf({ agent: 'dear', capability: 'look' }, agents)).toBe('dear@1.0.0 look read');
  });

  it('the cheapest agent that offers its capability', () => {
    const agents = [
      agent('dear', { look: 'read' }, 9),
      agent('usual', { look: 'read' }),
      agent('cheap', { look: 'read' }, 2),
      agent('other', { see: 'read' }, 1),
    ];
    expect(routeOf({ capability: 'look' }, agents)).toBe('cheap@1.0.0 look read');
    expect(routeOf({ capability: 'look' }, agents.slice(0, 2))).toBe('usual@1.0.0 look read');
  });

  it('the first by name among equals, in whatever order they are written', () => {
    const agents = [
      agent('b', { look: 'read' }),
      agent('a', { look: 'read' }),
      agent('c', { look: 'read' }),
    ];
    expect(routeOf({ capability: 'look' }, agents)).toBe('a@1.0.0 look read');
    expect(routeOf({ capability: 'look' }, agents.toReversed())).toBe('a@1.0.0 look read');
  });

  it('one who offers it at the risk that it asks for', () => {
    const agents = [agent('reader', { look: 'read' }, 1), agent('doer', { look: 'effect' }, 9)];
    expect(routeOf({ capability: 'look', risk: 'effect' }, agents)).toBe('doer@1.0.0 look effect');
  });

  it('the only capability of an agent that has one', () => {
    expect(routeOf({ agent: 'one' }, [agent('one', { look: 'read' })])).toBe('one@1.0.0 look read');
  });

  it('an agent that says whether a repetition is harmless; unsaid means it is not', () => {
    const capabilities = {
      once: { module: './a.ts', risk: 'effect', idempotent: true },
      more: { module: './a.ts', risk: 'effect' },
    } as const;
    const steps = { a: { capability: 'once' }, b: { capability: 'more' } };
    const graph = graphOf(steps, { agents: [{ ...DESK, kind: 'function', capabilities }] });
    expect(graph.steps.map(({ work }) => work.idempotent)).toEqual([true, false]);
  });
});

describe('a step that nobody performs says so', () => {
  const desk = agent('desk', { look: 'read', act: 'effect' });

  it.each<
    [string, StepDefinition, readonly AgentDefinition[], string[], RegExp, (string | number)[]?]
  >([
    ['when it names nobody', {}, [desk], [], /an agent, a capability or a gate in step a/],
    ['when its agent is unknown', { agent: 'dsk' }, [desk], ['agent'], /did you mean desk\?/],
    ['when there are no agents', { capability: 'look' }, [], ['capability'], /no agents at all/],
    [
      'when no agent offers its capability',
      { capability: 'see' },
      [desk],
      ['capability'],
      /offers see, found desk\.look \(read\), desk\.act \(effect\); name one of these/,
    ],
    [
      'when its agent does not offer its capability',
      { agent: 'desk', capability: 'see' },
      [desk, agent('other', { see: 'read' })],
      ['capability'],
      /offers see, found desk\.look/,
    ],
    [
      'when nobody offers its capability at its risk',
      { capability: 'look', risk: 'reasoning' },
      [desk],
      ['capability'],
      /offers look at risk reasoning, found desk\.look \(read\)/,
    ],
    [
      'when its agent has several capabilities and it names none',
      { agent: 'desk' },
      [desk],
      ['capability'],
      /offers one capability, found desk\.look \(read\), desk\.act \(effect\)/,
    ],
    [
      'when its agent stands twice',
      { agent: 'desk', capability: 'look' },
      [desk, { ...desk, version: '2.0.0' }],
      [],
      /expected one agent "desk", found 2: 1\.0\.0, 2\.0\.0/,
      ['agents', 1, 'name'],
    ],
  ])('%s', (_, step, agents, inStep, message, path = ['workflow', 'steps', 'a', ...inStep]) => {
    expect(problemsOf({ a: step }, { agents })).toEqual([
      {
        code: 'DEFINITION_INVALID',
        severity: 'error',
        path,
        message: expect.stringMatching(message),
      },
    ]);
  });
});
