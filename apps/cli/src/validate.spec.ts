import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from './program.fixture';

const FILES = {
  'fermata.yaml': 'workflows: [flow.yaml]\npolicies: [policy.yaml]\nagents: [agents.yaml]\n',
  'package.json': '{"type": "module"}',
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
      look: {module: ./look.ts, export: look, risk: read}
  - name: bureau
    version: 1.0.0
    kind: http
    url: http://10.0.0.5:9000/score
    capabilities:
      ask: {risk: read}
`,
  'look.ts': 'export const look = async (input: object) => input;\n',
  'flow.yaml': `name: flow
version: 1.0.0
policy: plain@1.0.0
steps:
  a: {capability: look}
  b: {capability: ask, needs: [a]}
  c:
    needs: [b]
    gate:
      title: Go on?
      groups: [desk]
      show: {a: steps.a.output}
      due: 1h
      onDue: {escalate: {groups: [desk, heads], due: 1h, then: reject}}
`,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-validate-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function validate(
  changed: Readonly<Record<string, string>>,
  argv: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  for (const [name, content] of Object.entries({ ...FILES, ...changed })) {
    writeFileSync(join(folder, name), content);
  }
  return runProgram(folder, ['validate', ...argv], env);
}

describe("an agent's module", () => {
  it.each([
    ['a mistake of TypeScript', 'export const one = 1;\nexport const look = ;\n', /, at 2:21; /],
    [
      'what Node leaves out of TypeScript',
      'export enum A { X }\n',
      /enum is not supported.*, at 1:8; /,
    ],
    ['an error at its top level', '\nthrow new Error("no desk");\n', /found: no desk, at 2:\d+; /],
    [
      'a package that is not there',
      'import "no-such-package";\n',
      /Cannot find package 'no-such-package'/,
    ],
    [
      'no such export',
      'export const lok = 1;\n',
      /to export the function "look", found lok; correct/,
    ],
  ])('with %s is told at the agent, with its place', async (_what, text, message) => {
    const { code, out } = await validate({ 'look.ts': text });
    expect(out).toMatch(/^agents\.yaml:6:22 DEFINITION_INVALID expected /);
    expect(out).toMatch(message);
    expect(code).toBe(1);
  });

  it('that ends its process is told, and ends no other', async () => {
    const { code, out } = await validate({ 'look.ts': 'process.exit(7);\n' });
    expect(out).toMatch(
      /^fermata\.yaml:1:1 DEFINITION_INVALID .*one ended its process with code 7/,
    );
    expect(code).toBe(1);
  });

  it('is not loaded with --no-modules', async () => {
    const { code, out } = await validate({ 'look.ts': 'process.exit(7);\n' }, ['--no-modules']);
    expect(out).toMatch(/is valid: 3 steps/);
    expect(code).toBe(0);
  });
});

describe('a group that a gate asks', () => {
  const key = (group: string) =>
    JSON.stringify({
      ['0'.repeat(64)]: {
        tenant: 'local',
        principal: 'user:asha',
        groups: [group],
        roles: ['approver'],
      },
    });

  it('and in which nobody is, by the file of keys, is told', async () => {
    const { code, out } = await validate({ 'people.json': key('desk') }, ['--keys', 'people.json']);
    expect(out).toMatch(
      /^flow\.yaml:14:41 warning GROUP_EMPTY expected a group in which somebody is, found that nobody has "heads";/,
    );
    expect(out).not.toMatch(/"desk"/);
    expect(code).toBe(0);
  });

  it('is not looked for when nothing is known of keys', async () => {
    expect((await validate({})).out).not.toMatch(/GROUP_EMPTY/);
  });

  it('needs a file of keys that is one', async () => {
    const { code, err } = await validate({ 'people.json': '{"a": 1}' }, ['--keys', 'people.json']);
    expect(err).toMatch(/^CONFIG_INVALID: expected a file of keys at .*people\.json, found: /);
    expect(code).toBe(1);
  });
});

describe("an http agent's address", () => {
  it.each([
    ['local=http://10.0.0.5:9000/score', 0],
    ['local=http://10.0.0.5:9000', 0],
    ['local=http://10.0.0.5:9001', 1],
    ['', 1],
  ])('is checked against the hosts that the operator allows: "%s"', async (allowed, expected) => {
    const { code, out } = await validate({}, [], { FERMATA_ALLOWED_HOSTS: allowed });
    const refused =
      /^agents\.yaml:10:10 AGENT_ADDRESS_REFUSED expected https, or a host that the operator allows, found http:\/\/10\.0\.0\.5:9000;/;
    if (expected === 1) expect(out).toMatch(refused);
    expect(code).toBe(expected);
  });

  it('is left open when nothing is known of them', async () => {
    expect((await validate({})).code).toBe(0);
  });
});
