import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { runProgram, type Ended } from './program.fixture';

/** What others may write, to be more than text where it is shown. */
const HOSTILE = [
  '\u001b]52;c;cm0gLXJmIH4=\u0007',
  '\u001b]8;;https://evil.example\u001b\\here\u001b]8;;\u001b\\',
  '\u001b[2J\u001b[H',
  '\u009b31m',
  'no\r\nCOMPLETED all is well',
  '\u202eevorppa\u202c',
  '\u2066x\u2069\u200b\ufeff',
  '\u3164\u115f\u2800\uffa0',
  '\u{e0041}\u{e0042}',
  'a\bb\u007f\u0085\u2028',
];
const RAW = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u3164\u115f\u2800\uffa0\u{e0000}-\u{e007f}]/u;
const TURNS = /[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ maxLength: 5 })), { minLength: 1 })
  .map((parts) => parts.join(''));

/** All that the services could say, each text of it hostile. */
function answerOf(text: string) {
  const nested = { [text]: text, list: [text] };
  const problem = { code: text, message: text };
  const who = { run: text, workflow: text, definition: text, policy: text, requester: text };
  const times = { startedAt: text, endedAt: text, openedAt: text, dueAt: text, closedAt: text };
  const step = {
    step: text,
    status: text,
    attempt: 2,
    output: nested,
    startedAt: null,
    endedAt: null,
  };
  const gate = {
    ...times,
    gate: text,
    step: text,
    run: text,
    status: 'open',
    cause: text,
    title: text,
  };
  const decision = {
    decision: text,
    approver: text,
    data: nested,
    edited: true,
    reason: text,
    at: text,
  };
  const shown = { groups: [text], shown: nested, shownDigest: text, decision, requester: text };
  const editable = { properties: { [text]: { pattern: text } } };
  const event = { sequence: 1, type: text, at: text, actor: text, data: { step: text } };
  const seal = { policy: text, position: { partition: 0, offset: 1 }, hash: text };
  const base64 = Buffer.from(text).toString('base64');
  const letter = {
    letter: text,
    code: text,
    reason: text,
    key: text,
    redriven: [{ at: text, by: text }],
  };
  const bytes = { key: base64, headers: [[text, base64]], value: base64 };
  return {
    ...{ ...who, ...times, ...gate, ...shown, ...letter, editable, problem, bytes },
    ...{
      name: text,
      version: text,
      hash: text,
      code: text,
      detail: text,
      input: nested,
      output: nested,
    },
    ...{ events: 3, equal: false, logHash: text, projectionHash: text, differences: [text] },
    runs: [{ ...who, status: text, held: false, startedAt: text }],
    next: null,
    approvals: [gate],
    deadLetters: [letter],
    audit: [{ ...event, ...seal }],
    steps: [step],
    gates: [gate],
    checkpoints: [{ label: text, steps: [text], at: text }],
  };
}

const COMMANDS = (text: string): readonly (readonly string[])[] => [
  ['runs', 'ls', '--workflow', text],
  ['runs', 'show', text],
  ['runs', 'events', text, '--audit'],
  ['runs', 'events', text],
  ['runs', 'cancel', text, '--reason', text],
  ['replay', text],
  ['run', text],
  ['run', text, '--input', text],
  ['run', text, '--input', `@${text}`],
  ['approvals', 'ls'],
  ['approvals', 'show', text],
  ['approvals', 'approve', text],
  ['dead-letters', 'ls'],
  ['dead-letters', 'show', text],
  ['dead-letters', 'redrive', text],
  ['dead-letters', 'redrive', text, '--dry-run'],
  ['validate', text],
  ['deploy', text],
  ['validate'],
  ['test-step', text, text, '--from-run', text],
  ['test-step', text, text, '--from-run', text, '--project', text],
  ['runs', 'ls', '--status', text],
  ['runs', 'ls', '--limit', text],
  ['validate', `--${text}`],
  [text],
  [text, '--help'],
];

describe('what fermata prints', () => {
  let [server, url, folder]: [Server | undefined, string, string] = [undefined, '', ''];
  let answer: { readonly status: number; readonly body: object } = { status: 200, body: {} };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fermata-hostile-'));
    server = createServer((request, response) => {
      const isStream = request.url?.endsWith('/stream') === true;
      const isEvents = request.url?.includes('/events') === true;
      const body = isEvents ? { ...answer.body, events: [EVENT] } : answer.body;
      response.writeHead(isStream ? 204 : answer.status);
      response.end(isStream ? undefined : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => void server?.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await new Promise((resolve) => server?.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });
  const EVENT = {
    sequence: 1,
    type: '\u001b[2J',
    at: '\u202e',
    actor: '\u009b',
    data: { step: '\r' },
  };

  function expectInert({ out, err }: Ended, argv: readonly string[]): void {
    const raw = [out, err].flatMap((text) => [RAW.exec(text)?.[0], TURNS.exec(text)?.[0]]);
    expect([argv, raw]).toEqual([argv, [undefined, undefined, undefined, undefined]]);
  }

  it('holds nothing raw that others wrote, in any command, in its errors, and with --json', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, fc.constantFrom(200, 404), async (text, status) => {
        answer = { status, body: answerOf(text) };
        writeProject(folder, text);
        const env = { FERMATA_URL: url, FERMATA_TOKEN: 't' };
        for (const argv of COMMANDS(text)) {
          expectInert(await runProgram(folder, argv, env), argv);
          expectInert(await runProgram(folder, [...argv, '--json'], env), argv);
        }
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

/** A project that is wrong in a way that quotes its own texts: names of files, keys of schemas. */
function writeProject(folder: string, text: string): void {
  const quoted = JSON.stringify(text);
  const files = {
    'fermata.yaml': `workflows: [flow.yaml, ${quoted}]\npolicies: [${quoted}]\nagents: []\n`,
    'flow.yaml': JSON.stringify({
      name: 'flow',
      version: '1.0.0',
      [text]: 1,
      input: { type: 'object', properties: { [text]: { type: text } } },
      steps: { [text]: { capability: text }, a: { gate: { title: text, groups: [text] } } },
    }),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}
