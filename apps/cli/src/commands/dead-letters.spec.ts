import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Session } from '../session';
import { listDeadLetters, redrive, showDeadLetter } from './dead-letters';

const base64 = (bytes: string | readonly number[]): string =>
  Buffer.from(bytes as string).toString('base64');

const LETTER = {
  letter: 'commands-3-17',
  code: 'COMMAND_MALFORMED',
  reason: 'expected UTF-8',
  key: 'acme/run-1',
  redriven: [{ at: '2026-11-24T10:00:00.000Z', by: 'user:asha', how: 'as it was' }],
};
const DETAIL = {
  ...LETTER,
  bytes: {
    key: base64('acme/run-1'),
    headers: [
      ['ce_id', base64('c-1\u001b[2J')],
      ['trace-bin', base64([0xff, 0x00])],
      ['empty', null],
    ],
    value: base64([0x7b, 0xff]),
  },
};

describe('fermata dead-letters', () => {
  let server: Server;
  let asked: string[];
  let out: string;
  let session: Session;

  beforeEach(async () => {
    [asked, out] = [[], ''];
    server = createServer(({ method, url }, response) => {
      asked.push(`${method} ${url}`);
      const answer = /^\/v1\/dead-letters(\?|$)/.test(url ?? '')
        ? { deadLetters: [LETTER], next: null }
        : DETAIL;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const screen = { isTerminal: false, write: (text: string) => void (out += text) };
    const env = { FERMATA_URL: url, FERMATA_TOKEN: 't' };
    session = { cwd: '/', env, screen, exit: () => undefined };
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it('lists the dead letters, and when it was sent again', async () => {
    await listDeadLetters(session, {});
    expect(out).toMatch(/^commands-3-17 +COMMAND_MALFORMED +acme\/run-1 +sent again 1×, last 2026/);
  });

  it('shows bytes as text where they are some, inert, and else in Base64', async () => {
    await showDeadLetter(session, 'commands-3-17', {});
    expect(out.split('\n')).toEqual([
      'COMMAND_MALFORMED: expected UTF-8',
      'sent again 2026-11-24T10:00:00.000Z by user:asha',
      'key acme/run-1',
      '  ce_id: c-1\\u001b[2J',
      '  trace-bin: base64 /wA=',
      '  empty: (none)',
      '',
      'base64 e/8=',
      '',
    ]);
  });

  it('gives all bytes in Base64 as JSON', async () => {
    await showDeadLetter(session, 'commands-3-17', { json: true });
    expect(JSON.parse(out)).toEqual(DETAIL);
  });

  it('says with --dry-run what would be sent, and sends nothing', async () => {
    await redrive(session, 'commands-3-17', { dryRun: true });
    expect(out).toMatch(/^would send commands-3-17 for acme\/run-1 again\nwas sent again 2026/);
    out = '';
    await redrive(session, 'commands-3-17', { dryRun: true, json: true });
    expect(JSON.parse(out)).toMatchObject({ redriven: false, wouldSend: DETAIL.bytes });
    expect(asked.filter((one) => one.startsWith('POST'))).toEqual([]);
    await redrive(session, 'commands-3-17', {});
    expect(asked.at(-1)).toBe('POST /v1/dead-letters/commands-3-17/redrive');
  });
});
