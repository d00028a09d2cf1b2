import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@fermata/contracts';
import { ApiProblem } from './client';
import { errorJson, errorText } from './program';
import { runProgram } from './program.fixture';

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
    kind: http
    url: \${DESK_URL}
    capabilities:
      look: {risk: read}
      act: {risk: effect}
`,
  'flow.yaml': `name: flow
version: 1.0.0
policy: plain@1.0.0
steps:
  a: {capability: look}
  b: {capability: act, needs: [a]}
`,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(changed: Readonly<Record<string, string>> = {}): void {
  for (const [name, content] of Object.entries({ ...FILES, ...changed })) {
    writeFileSync(join(folder, name), content);
  }
}

const fermata = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runProgram(folder, argv, env);

describe('fermata validate', () => {
  it('says of a project that is right what each workflow is, and exits with 0', async () => {
    write();
    const { code, out } = await fermata(['validate'], { DESK_URL: 'https://desk.example.com' });
    expect(out).toMatch(/^flow@1\.0\.0 is valid: 2 steps, [0-9a-f]{64}\n$/);
    expect(code).toBe(0);
  });

  it('finds the folder that it is given', async () => {
    const { code, out } = await fermata(['validate', join(ROOT, 'examples/loan-approval')]);
    expect(out).toMatch(/^loan-approval@1\.0\.0 is valid: 6 steps/);
    expect(code).toBe(0);
  });

  it('says of one that is wrong everything with file, line and column, and exits with 1', async () => {
    const steps = '  a: {capability: lok}\n  b: {capability: look, needs: [c]}\n';
    write({ 'flow.yaml': FILES['flow.yaml'].replace(/ {2}a:[^]*/, steps) });
    const { code, out } = await fermata(['validate']);
    expect(out).toMatch(
      /^flow\.yaml:6:33 STEP_UNKNOWN expected a step of this workflow, found "c";/,
    );
    expect(code).toBe(1);
  });

  it('says it as JSON with --json, for the right and the wrong', async () => {
    write();
    expect(JSON.parse((await fermata(['validate', '--json'])).out)).toEqual({
      workflows: [
        { name: 'flow', version: '1.0.0', hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ],
      problems: [],
      unset: ['DESK_URL'],
    });
    write({ 'flow.yaml': 'name: flow\n' });
    const wrong = await fermata(['validate', '--json']);
    const { workflows, problems } = JSON.parse(wrong.out) as Record<string, unknown[]>;
    expect(workflows).toEqual([]);
    expect(problems?.[0]).toMatchObject({
      file: 'flow.yaml',
      line: 1,
      column: 1,
      code: 'DEFINITION_INVALID',
      severity: 'error',
      suggestion: expect.stringMatching(/^add it/),
    });
    expect(wrong.code).toBe(1);
  });

  it('warns of what may not be meant, and takes it for an error with --strict', async () => {
    const note = 'input: {type: object, properties: {note: {type: string}}}\nsteps:';
    const flow = FILES['flow.yaml'].replace('steps:', note);
    write({ 'flow.yaml': `${flow}output: {note: run.input.note}\n` });
    const lenient = await fermata(['validate']);
    expect(lenient.out).toMatch(/^flow\.yaml:\d+:\d+ warning FIELD_MAY_BE_ABSENT /);
    expect(lenient.out).toMatch(/is valid: 2 steps/);
    expect(lenient.code).toBe(0);
    const strict = await fermata(['validate', '--strict']);
    expect(strict.out).toMatch(/^flow\.yaml:\d+:\d+ FIELD_MAY_BE_ABSENT /);
    expect(strict.out).not.toMatch(/is valid/);
    expect(strict.code).toBe(1);
  });

  it('says of a folder without a project that its file is missing', async () => {
    const { code, out } = await fermata(['validate', 'nowhere']);
    const file = join(folder, 'nowhere', 'fermata.yaml');
    expect(out).toContain(`fermata.yaml:1:1 CONFIG_INVALID expected a readable file ${file}`);
    expect(code).toBe(1);
  });

  it('does not ask for addresses that only the environment knows, but says that they miss', async () => {
    write();
    const { code, out } = await fermata(['validate']);
    expect(out).toMatch(/^not set: DESK_URL; a hash here is not the one that is deployed$/m);
    expect(code).toBe(0);
  });
});

describe('fermata deploy', () => {
  it('asks for those addresses, deploys nothing without them, and exits with 1', async () => {
    write();
    const { code, out } = await fermata(['deploy']);
    expect(out).toMatch(
      /^agents\.yaml:5:10 CONFIG_INVALID expected the environment variable DESK_URL/,
    );
    expect(code).toBe(1);
  });
});

describe('fermata test-step', () => {
  const env = { DESK_URL: 'https://desk.example.com' };

  it.each([
    [
      ['other', 'a'],
      /^NOT_FOUND: expected a workflow "other" in .*known: flow\); correct the name, or name .* with --project/,
    ],
    [
      ['flow', 'c'],
      /^STEP_UNKNOWN: expected a step of flow that an agent performs, found "c"; there is a, b /,
    ],
    [['flow', 'a', '--project', 'nowhere'], /^NOT_FOUND: .*expected a readable file .*nowhere/],
    [['flow', 'b'], /^PERMISSION_DENIED: .*add --allow-effects if you mean it/],
  ])('refuses %j', async (names, message) => {
    write();
    const { code, err } = await fermata(['test-step', ...names, '--from-run', 'run-1'], env);
    expect(err).toMatch(message);
    expect(code).toBe(1);
  });
});

describe('what fermata does not understand', () => {
  it.each([
    [['validate', '--colour'], /unknown option '--colour'/],
    [['valdate'], /unknown command 'valdate'[^]*Did you mean validate\?/],
    [['run'], /missing required argument 'workflow'/],
    [['test-step', 'flow', 'a'], /required option '--from-run <run>' not specified/],
    [['runs', 'ls', '--as', 'root'], /choices are requester, approver, operator/],
    [['approvals', 'approve'], /missing required argument 'gate'/],
    [['approvals', 'reject', 'g', '--data', '{}'], /unknown option '--data'/],
    [['runs', 'ls', '--status', 'done'], /choices are running, paused, .*cancelled/],
    [['runs', 'ls', '--limit', '0'], /Expected a whole number from 1 to 1000/],
  ])('%j is refused with exit code 1 and a reason', async (argv, message) => {
    const { code, out, err } = await fermata(argv);
    expect(err).toMatch(message);
    expect(out).toBe('');
    expect(code).toBe(1);
  });

  it('is explained by --help, with exit code 0', async () => {
    const { code, out } = await fermata(['--help']);
    for (const name of [
      'dev',
      'validate',
      'deploy',
      'test-step',
      'run',
      'runs',
      'replay',
      'approvals',
    ]) {
      expect(out).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
    }
    expect(code).toBe(0);
  });
});

describe('fermata without services', () => {
  it('says where it looked for them and how to start them', async () => {
    const { code, err } = await fermata(['runs', 'ls']);
    expect(err).toMatch(/^CONFIG_INVALID: expected running services, found no .*fermata dev/);
    expect(code).toBe(1);
  });

  it('says which address does not answer', async () => {
    const closed = await listening(createServer());
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    await new Promise((resolve) => closed.close(resolve));
    const { code, err } = await fermata(['runs', 'ls'], { FERMATA_URL: url, FERMATA_TOKEN: 't' });
    expect(err).toContain(`CONFIG_INVALID: expected services at ${url}/v1/runs`);
    expect(err).toMatch(/found none that answers; start them with "fermata dev"/);
    expect(code).toBe(1);
  });

  it.each([
    ['{"amount": 1', /^JSON_MALFORMED: expected JSON/],
    ['{"__proto__": {}}', /^JSON_FORBIDDEN_KEY: expected no key "__proto__"/],
    ['@missing.json', /^CONFIG_INVALID: .*file .*missing\.json, found none \(ENOENT\)/],
    ['@.', /^CONFIG_INVALID: expected a readable file .*, found none \(EISDIR\)/],
    ['@broken.json', /^JSON_MALFORMED: .*, in .*broken\.json/],
    ['@latin.json', /^JSON_MALFORMED: .*the byte 0xF1 at byte 9; .*, in .*latin\.json/],
    ['{"n": 9007199254740993}', /^JSON_NUMBER_INEXACT: .*found 9007199254740993.*send it as text/],
  ])('refuses the input %s before it is sent', async (input, message) => {
    writeFileSync(join(folder, 'broken.json'), '{');
    writeFileSync(join(folder, 'latin.json'), Buffer.from('{"n": "Mu\xf1oz"}', 'latin1'));
    const env = { FERMATA_URL: 'http://127.0.0.1:9', FERMATA_TOKEN: 't' };
    const { code, err } = await fermata(['run', 'flow', '--input', input], env);
    expect(err).toMatch(message);
    expect(code).toBe(1);
  });
});

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe('fermata with services', () => {
  interface Asked {
    readonly method: string | undefined;
    readonly url: string | undefined;
    readonly token: string | undefined;
    readonly key: string | undefined;
    readonly body: unknown;
  }
  const asked: Asked[] = [];
  let answer: { status: number; body: unknown };
  /** What is answered one after the other, before `answer`. */
  let answers: unknown[] = [];
  let server: Server;
  let url: string;

  const answerTo = async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { method, headers } = request;
    const { authorization: token, 'idempotency-key': key } = headers;
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    asked.push({ method, url: request.url, token, key: key?.toString(), body });
    const next = answers.shift();
    if (next !== undefined) answer = { status: 200, body: next };
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  };

  beforeAll(async () => {
    server = await listening(createServer((request, response) => void answerTo(request, response)));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    asked.length = 0;
    mkdirSync(join(folder, '.fermata'));
    const tokens = { requester: 'req', approver: 'app', operator: 'ope' };
    writeFileSync(join(folder, '.fermata/connection.json'), JSON.stringify({ url, tokens }));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('starts a run with its input and key, in the hand of a requester', async () => {
    answer = { status: 201, body: { run: 'run-1' } };
    writeFileSync(join(folder, 'input.json'), '\uFEFF{"amount":1}');
    const { code, out } = await fermata(['run', 'flow', '--input', '@input.json', '--key', 'k-1']);
    expect(asked).toEqual([
      {
        method: 'POST',
        url: '/v1/runs',
        token: 'Bearer req',
        key: 'k-1',
        body: { workflow: 'flow', input: { amount: 1 } },
      },
    ]);
    expect(out).toBe('started run-1\nfollow it: fermata runs watch run-1\n');
    expect(code).toBe(0);
  });

  it('decides in the hand of an approver, or in another that is named', async () => {
    answer = { status: 200, body: {} };
    const gate = 'run-1/review/gate-1';
    await fermata(['approvals', 'approve', gate, '--data', '{"amount":2}']);
    await fermata(['approvals', 'reject', gate, '--reason', 'no', '--as', 'operator']);
    expect(asked.map(({ url: path, token, body }) => [path, token, body])).toEqual([
      [
        '/v1/approvals/run-1%2Freview%2Fgate-1/decision',
        'Bearer app',
        { decision: 'approve', data: { amount: 2 } },
      ],
      [
        '/v1/approvals/run-1%2Freview%2Fgate-1/decision',
        'Bearer ope',
        { decision: 'reject', reason: 'no' },
      ],
    ]);
  });

  it('changes fields of what was shown, and sends the whole', async () => {
    const shown = { amount: 7, to: { name: 'Ada', city: 'Bonn' }, reasons: ['a'] };
    answer = { status: 200, body: { shown } };
    const edits = ['--set', 'amount=5', 'to.city=Köln', '--reason', 'less'];
    await fermata(['approvals', 'approve', 'run-1/r/gate-1', ...edits]);
    expect(asked.map(({ method, body }) => [method, body])).toEqual([
      ['GET', undefined],
      [
        'POST',
        {
          decision: 'approve',
          data: { ...shown, amount: 5, to: { name: 'Ada', city: 'Köln' } },
          reason: 'less',
        },
      ],
    ]);
    const both = ['--set', 'amount=5', '--data', '{}'];
    const { err } = await fermata(['approvals', 'approve', 'g', ...both]);
    expect(err).toMatch(/^CONFIG_INVALID: expected --data or --set, found both/);
    const wrong = await fermata(['approvals', 'approve', 'g', '--set', 'amount']);
    expect(wrong.err).toMatch(/^CONFIG_INVALID: expected --set field=value, found "amount"/);
  });

  it('keeps a strange id inside its path', async () => {
    answer = { status: 404, body: { code: 'NOT_FOUND', detail: 'expected a run, found none' } };
    await fermata(['runs', 'show', '../../v1/approvals?x#y']);
    expect(asked[0]?.url).toBe('/v1/runs/..%2F..%2Fv1%2Fapprovals%3Fx%23y');
  });

  it('says what the services refuse, with its code, and exits with 1', async () => {
    answer = { status: 403, body: { code: 'SELF_APPROVAL', detail: 'expected another person' } };
    const { code, err } = await fermata(['approvals', 'approve', 'g']);
    expect(err).toBe('SELF_APPROVAL: expected another person\n');
    expect(code).toBe(1);
  });

  it('says that an answer was no problem document', async () => {
    answer = { status: 502, body: '<html>' };
    const { code, err } = await fermata(['runs', 'ls']);
    expect(err).toBe('INTERNAL: expected a problem document with status 502, found other text\n');
    expect(code).toBe(1);
  });

  it('exits with 1 when a replay differs from the projection', async () => {
    const report = { events: 3, logHash: 'a', projectionHash: 'b', differences: ['status: x'] };
    answer = { status: 200, body: { ...report, equal: false } };
    const { code, out } = await fermata(['replay', 'run-1']);
    expect(out).toMatch(/^3 events folded; the state DIFFERS from the projection\n/);
    expect(out).toMatch(/status: x\n$/);
    expect(code).toBe(1);
    answer = { status: 200, body: { ...report, equal: true, differences: [] } };
    expect((await fermata(['replay', 'run-1'])).code).toBe(0);
  });

  it('prints with --json what the services said, and nothing else', async () => {
    const row = { run: 'run-1', workflow: 'flow', status: 'running', held: false, startedAt: null };
    const page = { runs: [row], next: null };
    answer = { status: 200, body: page };
    expect(JSON.parse((await fermata(['runs', 'ls', '--json'])).out)).toEqual(page);
    expect((await fermata(['runs', 'ls'])).out).toMatch(/^run-1 +running +flow +\n$/);
  });

  it('lists a run that waits for a person as held, and says how to read on', async () => {
    const row = { run: 'run-2', workflow: 'flow', status: 'running', held: true, startedAt: null };
    answer = { status: 200, body: { runs: [row], next: 'MTc' } };
    const { out } = await fermata(['runs', 'ls', '--limit', '1', '--workflow', 'flow']);
    expect(asked[0]?.url).toBe('/v1/runs?limit=1&workflow=flow');
    expect(out).toMatch(
      /^run-2 +held +flow +\nthere are more: fermata runs ls --limit 1 --workflow flow --cursor MTc\n$/,
    );
    await fermata(['runs', 'ls', '--cursor', 'MTc']);
    expect(asked[1]?.url).toBe('/v1/runs?limit=20&cursor=MTc');
  });

  it.each([
    ['approvals', ['approvals', 'ls', '--all'], '/v1/approvals?state=all'],
    ['events', ['runs', 'events', 'r'], '/v1/runs/r/events'],
    ['audit', ['runs', 'events', 'r', '--audit'], '/v1/runs/r/audit'],
    ['deadLetters', ['dead-letters', 'ls'], '/v1/dead-letters'],
  ])('prints all pages of %s, to people and to programs', async (name, argv, path) => {
    const position = { partition: 0, offset: 0 };
    const row = { gate: 'g', title: '', sequence: 1, type: 'T', data: {}, actor: '', at: '2026' };
    const parts = { position, hash: '', letter: 'l', code: 'C', reason: '', key: '', redriven: [] };
    const rows = [1, 2, 3].map((sequence) => ({ ...row, ...parts, sequence, status: 'open' }));
    const pages = rows.map((one, at) => ({ [name]: [one], next: at < 2 ? `page${at}` : null }));
    answers = [...pages, ...pages];
    const { out } = await fermata(argv);
    expect(
      out.split('\n').filter((one) => /^ *\S+ /.test(one) && !one.startsWith('    ')),
    ).toHaveLength(3);
    expect(JSON.parse((await fermata([...argv, '--json'])).out)).toEqual({ [name]: rows });
    const urls = asked.map(({ url: one }) => one);
    const cut = `${path}${path.includes('?') ? '&' : '?'}`;
    const wanted = [path, `${cut}cursor=page0`, `${cut}cursor=page1`];
    expect(urls).toEqual([...wanted, ...wanted]);
  });

  it('says of an empty list that it is empty', async () => {
    answers = [
      { approvals: [], next: null },
      { approvals: [], next: null },
    ];
    expect((await fermata(['approvals', 'ls'])).out).toBe('nothing waits for you\n');
    expect(JSON.parse((await fermata(['approvals', 'ls', '--json'])).out)).toEqual({
      approvals: [],
    });
  });

  it('shows with a run what it waits for, and of a rejected one where it ended', async () => {
    const step = {
      step: 'review',
      attempt: 0,
      startedAt: '2026-11-23T09:00:00.000Z',
      endedAt: null,
    };
    const gate = { gate: 'run-1/review/gate-1', step: 'review', status: 'open' };
    const run = { run: 'run-1', workflow: 'flow@1.0.0', status: 'running', output: null };
    const parts = { endedAt: null, steps: [{ ...step, status: 'held' }], gates: [gate] };
    answer = { status: 200, body: { ...run, ...parts, checkpoints: [] } };
    expect((await fermata(['runs', 'show', 'run-1'])).out).toMatch(
      /⏸ review +held [^]*waits for a person: fermata approvals show run-1\/review\/gate-1\n$/,
    );
    const ended = {
      status: 'rejected',
      endedAt: '2026-11-23T09:00:05.000Z',
      problem: { code: 'GATE_REJECTED', message: '' },
      steps: [{ ...step, status: 'ready' }],
      gates: [{ ...gate, status: 'rejected' }],
    };
    answer = { status: 200, body: { ...run, ...ended, checkpoints: [] } };
    expect((await fermata(['runs', 'show', 'run-1'])).out).toBe(
      'flow@1.0.0 run-1  rejected\n' +
        '  ✗ review                   rejected       5.0 s\n' +
        '  GATE_REJECTED without a reason\n',
    );
  });

  it('shows of a gate what may be edited, and of a closed one who decided what', async () => {
    const gate = {
      ...{ gate: 'g', title: 'Review', run: 'run-1', requester: 'user:a', policy: 'plain@1.0.0' },
      ...{ groups: ['reviewers'], dueAt: null, shown: {}, shownDigest: '0', cause: 'review' },
      editable: { type: 'object', properties: { amount: { type: 'number', maximum: 5 } } },
    };
    answer = { status: 200, body: { ...gate, status: 'open', decision: null } };
    const open = await fermata(['approvals', 'show', 'g']);
    expect(open.out).toContain('with all of it):\n  amount       {"type":"number","maximum":5}\n');
    const decision = { decision: 'approve', approver: 'user:b', reason: 'less', edited: true };
    const decided = { ...decision, data: { amount: 3 }, at: '2026-11-23T09:00:05.000Z' };
    answer = { status: 200, body: { ...gate, status: 'approved', decision: decided } };
    const closed = await fermata(['approvals', 'show', 'g']);
    expect(closed.out).not.toContain('You may change');
    expect(closed.out).toMatch(
      /Decided +approve by user:b at 2026-11-23T09:00:05\.000Z: less\nApproved instead:\n {2}{\n {4}"amount": 3/,
    );
  });
});

describe('an error is read', () => {
  it('with its code and the page that explains it', () => {
    expect(errorText(new Fault('GATE_CLOSED', 'expected an open gate, found none'))).toBe(
      'GATE_CLOSED: expected an open gate, found none (docs/reference/errors/GATE_CLOSED.md)',
    );
  });

  it('by a program as JSON with its code', () => {
    const problem = { code: 'GATE_CLOSED', message: 'expected an open gate' };
    const fault = new Fault('GATE_CLOSED', problem.message);
    expect(JSON.parse(errorJson(fault))).toEqual({ problem });
    expect(JSON.parse(errorJson('broken'))).toEqual({
      problem: { code: 'INTERNAL', message: 'broken' },
    });
  });

  it('without a page when the code is not one of ours', () => {
    const foreign = Object.assign(new Error('no such file'), { code: 'ENOENT' });
    expect(errorText(foreign)).toBe('ENOENT: no such file');
    expect(errorText(new ApiProblem(500, 'INTERNAL', 'broken'))).toBe('INTERNAL: broken');
    expect(errorText(new Error('plain'))).toBe('plain');
    expect(errorText('text')).toBe('text');
  });
});
