import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProject } from './load-project';

const ROOT = join(__dirname, '../../..');

const FILES = {
  'fermata.yaml': 'workflows: [flow.yaml]\npolicies: [policy.yaml]\nagents: [agents.yaml]\n',
  'policy.yaml': `name: plain
version: 1.0.0
classes:
  reasoning: &class {attemptsMax: 2, backoff: {initial: 1s, factor: 2, max: 1m}, timeout: 1m}
  read: *class
  effect: *class
`,
  'agents.yaml': `agents:
  - name: desk
    version: 1.0.0
    kind: function
    capabilities:
      count:
        module: ./count.mjs
        risk: read
        output: {type: object, required: [total], properties: {total: {type: number}}}
      print:
        module: ./print.mjs
        risk: read
        input: {type: object, required: [text], properties: {text: {type: string}}}
`,
  'flow.yaml': `name: flow
version: 1.0.0
policy: plain@1.0.0
steps:
  count: {capability: count}
  print:
    needs: [count]
    capability: print
    input: {text: string(steps.count.output.total)}
`,
  'count.mjs': '',
  'print.mjs': '',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-project-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Loads the files above, with some of them replaced; `null` leaves a file out. */
function load(changed: Readonly<Record<string, string | null>>, env = {}) {
  for (const [name, content] of Object.entries({ ...FILES, ...changed })) {
    if (content !== null) writeFileSync(join(folder, name), content);
  }
  return loadProject(folder, env);
}

const flow = (steps: string): Record<string, string> => ({
  'flow.yaml': `name: flow\nversion: 1.0.0\npolicy: plain@1.0.0\nsteps:\n${steps}`,
});

describe('a project that is right', () => {
  it('gives its workflows with their graphs', () => {
    const { workflows, problems } = load({});
    expect(problems).toEqual([]);
    expect(workflows.map(({ graph }) => graph.steps.map(({ id }) => id))).toEqual([
      ['count', 'print'],
    ]);
  });

  it.each(['bench/project', 'examples/loan-approval'])('is in %s', (dir) => {
    const env = { CREDIT_BUREAU_URL: 'https://bureau.example.com' };
    expect(loadProject(join(ROOT, dir), env).problems).toEqual([]);
  });
});

describe('one version in two files of a project', () => {
  const second = (what: string, from: string) => ({
    'fermata.yaml': FILES['fermata.yaml'].replace(from, `${from}, second.yaml`),
    'second.yaml': FILES[what as keyof typeof FILES],
  });

  it.each([
    ['workflow', 'flow.yaml', 'flow@1.0.0', 'flow.yaml:1', 1],
    ['policy', 'policy.yaml', 'plain@1.0.0', 'policy.yaml:1', 1],
    ['agent', 'agents.yaml', 'desk@1.0.0', 'agents.yaml:2', 2],
  ])('is refused, and both are named: %s', (what, file, id, first, line) => {
    expect(load(second(file, file)).problems).toContainEqual(
      expect.objectContaining({
        file: 'second.yaml',
        line,
        code: 'DEFINITION_INVALID',
        message: expect.stringContaining(`expected one ${what} ${id}, found it in ${first} too`),
      }),
    );
  });

  it('is no matter when the versions differ', () => {
    const other = FILES['policy.yaml'].replace('1.0.0', '2.0.0');
    const files = { ...second('policy.yaml', 'policy.yaml'), 'second.yaml': other };
    expect(load(files).problems).toEqual([]);
  });
});

describe('a project that is wrong says where', () => {
  it('a module is named that is not there', () => {
    expect(load({ 'print.mjs': null }).problems).toEqual([
      {
        file: 'agents.yaml',
        line: 11,
        column: 17,
        code: 'CONFIG_INVALID',
        message:
          'expected the module ./print.mjs to be a file at this path in the project, found none; correct the path',
      },
    ]);
  });

  it.each([
    [
      'an unknown step in needs',
      flow('  count: {capability: count, needs: [cuont]}\n'),
      'STEP_UNKNOWN',
      5,
      38,
      /"cuont"/,
    ],
    [
      'a cycle',
      flow(
        '  a: {capability: count, needs: [c]}\n  b: {capability: count, needs: [a]}\n  c: {capability: count, needs: [b]}\n',
      ),
      'GRAPH_CYCLE',
      5,
      26,
      /a needs c needs b needs a/,
    ],
    [
      'a contract that the next step can not accept',
      flow(
        '  count: {capability: count}\n  print:\n    needs: [count]\n    capability: print\n    input:\n      text: steps.count.output.total\n',
      ),
      'CONTRACT_INCOMPATIBLE',
      10,
      13,
      /expected what desk\.print accepts/,
    ],
    [
      'a field that the next step requires and nobody gives',
      flow(
        '  count: {capability: count}\n  print:\n    needs: [count]\n    capability: print\n    input: {}\n',
      ),
      'CONTRACT_INCOMPATIBLE',
      9,
      5,
      /the field "text" that desk\.print requires/,
    ],
    [
      'an expression of a wrong type',
      flow(
        '  count: {capability: count}\n  more:\n    needs: [count]\n    when: steps.count.output.total\n    capability: count\n',
      ),
      'EXPRESSION_INVALID',
      8,
      11,
      /bool/,
    ],
    [
      'an expression of a wrong type inside quotes',
      flow(
        '  count: {capability: count}\n  more:\n    needs: [count]\n    when: "true && steps.count.output.total + \'x\' == 1"\n    capability: count\n',
      ),
      'EXPRESSION_INVALID',
      8,
      20,
      /\+/,
    ],
    [
      'an expression of a wrong type over several lines',
      flow(
        "  count: {capability: count}\n  more:\n    needs: [count]\n    when: >-\n      true &&\n      steps.count.output.total + 'x' == 1\n    capability: count\n",
      ),
      'EXPRESSION_INVALID',
      10,
      7,
      /\+/,
    ],
    [
      'an expression that can not be read',
      flow('  count: {capability: count, when: 1 + }\n'),
      'EXPRESSION_INVALID',
      5,
      39,
      /./,
    ],
    [
      'an expression that names a step that need not have run',
      flow(
        '  count: {capability: count}\n  more: {capability: count, when: steps.count.status == "completed"}\n',
      ),
      'STEP_UNKNOWN',
      6,
      41,
      /add it to needs/,
    ],
    [
      'a step that need not have run, by its name and not by a word like it',
      flow(
        '  count: {capability: count}\n  more: {capability: count, when: run.input.count == steps.count.output.total}\n',
      ),
      'STEP_UNKNOWN',
      6,
      60,
      /add it to needs/,
    ],
    [
      'a schema that holds itself',
      flow('  count:\n    capability: count\n    output: &o\n      properties: {child: *o}\n'),
      'DEFINITION_INVALID',
      8,
      27,
      /inside itself/,
    ],
    [
      'two agents of one name',
      {
        ...flow('  a: {capability: count}\n'),
        'agents.yaml': `${FILES['agents.yaml']}${FILES['agents.yaml'].replace('agents:\n', '').replace('1.0.0', '2.0.0')}`,
      },
      'DEFINITION_INVALID',
      14,
      11,
      /found 2: 1\.0\.0, 2\.0\.0/,
      'agents.yaml',
    ],
    [
      'an output that a step does not promise',
      flow(
        '  count: {capability: count}\n  more: {capability: count, needs: [count], when: steps.count.output.sum > 1}\n',
      ),
      'EXPRESSION_INVALID',
      6,
      70,
      /sum/,
    ],
    [
      'a capability that nobody has',
      flow('  a: {capability: cuont}\n'),
      'DEFINITION_INVALID',
      5,
      19,
      /desk\.count/,
    ],
    [
      'a step that nobody performs',
      flow('  a: {needs: []}\n'),
      'DEFINITION_INVALID',
      5,
      3,
      /say who performs it/,
    ],
    [
      'a field that does not exist',
      flow('  a: {capability: count, colour: red}\n'),
      'DEFINITION_INVALID',
      5,
      26,
      /found "colour"; there is agent, capability/,
    ],
    [
      'a policy that is not there',
      { 'flow.yaml': FILES['flow.yaml'].replace('plain@1.0.0', 'plain@2.0.0') },
      'DEFINITION_INVALID',
      3,
      9,
      /did you mean plain@1\.0\.0\?/,
    ],
    [
      'YAML that can not be read',
      { 'flow.yaml': 'name: flow\nsteps: [a, b\n' },
      'DEFINITION_INVALID',
      3,
      1,
      /YAML/,
    ],
    [
      'a key twice',
      flow('  a: {capability: count}\n  a: {capability: count}\n'),
      'DEFINITION_INVALID',
      6,
      3,
      /unique/,
    ],
    [
      'a __proto__ key',
      flow('  __proto__: {capability: count}\n'),
      'JSON_FORBIDDEN_KEY',
      5,
      3,
      /__proto__/,
    ],
    ['a file that is missing', { 'flow.yaml': null }, 'CONFIG_INVALID', 1, 1, /flow\.yaml/],
    [
      'a gate that also has an agent',
      flow(
        '  a:\n    agent: desk\n    gate: {title: x, groups: [g], show: {}, due: 1h, onDue: reject}\n',
      ),
      'DEFINITION_INVALID',
      6,
      12,
      /found also "agent"/,
    ],
    [
      'a checkpoint of no step',
      { 'flow.yaml': `${FILES['flow.yaml']}checkpoints:\n  c1: [nothing]\n` },
      'STEP_UNKNOWN',
      11,
      8,
      /nothing/,
    ],
  ] as const)('%s', (_, changed, code, line, column, message, file: string = 'flow.yaml') => {
    const { problems, workflows } = load(changed);
    expect(workflows).toEqual([]);
    const [first] = problems;
    expect({ ...first, message: '' }).toMatchObject({ file, code, line, column });
    expect(first?.message).toMatch(message);
  });

  it('all at once, not the first alone', () => {
    const steps =
      '  a: {capability: cuont}\n  b: {capability: prnit}\n  c: {capability: count, when: "1"}\n';
    expect(load(flow(steps)).problems.map(({ line }) => line)).toEqual([5, 6, 7]);
  });

  it('a rule of the policy, in the file of the policy', () => {
    const effect =
      '  effect: {attemptsMax: 1, backoff: {initial: 1s, factor: 1, max: 1s}, timeout: 1s, gate: {when: inptu.a > 1}}\n';
    const policy = FILES['policy.yaml'].replace('  effect: *class\n', effect);
    expect(load({ 'policy.yaml': policy }).problems).toMatchObject([
      { file: 'policy.yaml', code: 'EXPRESSION_INVALID', line: 6, column: 98 },
    ]);
  });

  it('a variable that the environment lacks', () => {
    const agent =
      '  - name: web\n    version: 1.0.0\n    kind: http\n    url: ${WEB_URL}\n    capabilities: {look: {risk: read}}\n';
    const changed = { 'agents.yaml': FILES['agents.yaml'] + agent };
    expect(load(changed).problems).toMatchObject([
      { file: 'agents.yaml', code: 'CONFIG_INVALID', line: 17, column: 10 },
    ]);
    expect(load(changed, { WEB_URL: 'https://example.com' }).problems).toEqual([]);
  });
});
