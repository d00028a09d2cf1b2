import { existsSync } from 'node:fs';
import { execFile } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { JsonObject } from '@fermata/contracts';
import { sleep } from '../standalone-process';
import { Installation, SILENT, type Plot } from './installation';
import { ENDLESS_EXPRESSIONS, ENDLESS_SCHEMAS, wideContract } from './material';

const MEBIBYTE = 1024 * 1024;
/** What another tenant may notice of an attack at most. */
const VICTIM_MS_MAX = 3_000;
/** What caches may hold on to, each bounded by a limit: most of it are compiled definitions. */
const GROWTH_MAX = 384 * MEBIBYTE;
const SETTLE_MS_MAX = 20_000;

jest.setTimeout(120_000);

/** Each of A1 to A9 of the threats that the docs tell, against all services at once. */
describe('one installation with two tenants', () => {
  const house = new Installation();
  const sockets: Socket[] = [];
  let before = 0;

  beforeAll(async () => {
    await house.start();
    expect(await house.deploy('plain', { tenant: 'victim' })).toBeNull();
    for (let warm = 0; warm < 5; warm += 1) await house.victimsRun();
    before = await house.held();
  });

  afterAll(() => house.stop());

  afterEach(async () => {
    expect(await house.victimsRun()).toBeLessThan(VICTIM_MS_MAX);
    for (const socket of sockets.splice(0)) socket.destroy();
    for (let waited = 0; ; waited += 500) {
      const grown = (await house.held()) - before;
      if (grown < GROWTH_MAX) return;
      if (waited > SETTLE_MS_MAX) throw new Error(`expected memory to come back, found ${grown}`);
      await sleep(500);
    }
  });

  /** Runs of the victim, one after the other, while something goes on. */
  const whileVictimRuns = async <T>(attack: Promise<T>): Promise<T> => {
    let isOver = false;
    const done = attack.finally(() => (isOver = true));
    do expect(await house.victimsRun()).toBeLessThan(VICTIM_MS_MAX);
    while (!isOver);
    return await done;
  };

  const start = (workflow: string, input: unknown = {}) =>
    house.send('attacker', 'POST', '/v1/runs', { workflow, input });

  const runOf = async (workflow: string, input: unknown = {}): Promise<string> =>
    (JSON.parse((await start(workflow, input)).text) as { run: string }).run;

  const web = (more: JsonObject, path?: string): Plot => ({
    agents: [
      {
        name: 'web',
        version: '1.0.0',
        kind: 'http',
        url: house.agentUrl,
        capabilities: { look: { risk: 'read', ...(path && { path }) } },
        ...more,
      },
    ],
  });

  describe('runs no code of the operator that an author names', () => {
    it.each([
      ['a module of the machine', 'node:child_process', 'execSync'],
      ['a package of the installation', '../node_modules/pg/lib/index.js', 'Client'],
      ['a program of the installation', './dist/main-job.js', 'main'],
      ['code in a url', 'data:text/javascript,export const look=()=>1', 'look'],
      ['a link that leads out of the project', './agents/leads-out.mjs', 'look'],
      ['a module with effects as it is imported', './agents/opens.mjs', 'look'],
      ['what each object has', './agents/hands.ts', 'constructor'],
      ['an agent of another tenant by part of it', './agents/hands.ts', 'look'],
    ])('%s', async (_, module, name) => {
      const capabilities = { look: { module, export: name, risk: 'read' } };
      for (const named of ['web', 'hands']) {
        const agents = [{ name: named, version: '1.0.0', kind: 'function', capabilities }];
        const steps = { a: { agent: named, capability: 'look' } };
        const code = await house.deploy('code', { agents, workflow: { steps } });
        expect(code).toBe('AGENT_NOT_REGISTERED');
      }
      expect(existsSync(house.trace)).toBe(false);
    });

    it('an agent of another tenant as it is registered there', async () => {
      const module = './agents/hands.ts';
      const capabilities = {
        look: { module, export: 'look', risk: 'read' },
        stumble: { module, export: 'stumble', risk: 'read' },
        act_keyed: { module, export: 'act', risk: 'effect', idempotent: true },
        act_unkeyed: { module, export: 'act', risk: 'effect' },
      };
      const description =
        'Reads nothing in particular, and changes a sink that writes every call down.';
      const named = { name: 'hands', version: '1.0.0', kind: 'function', description };
      const steps = { a: { agent: 'hands', capability: 'look' } };
      const plot = { agents: [{ ...named, capabilities }], workflow: { steps } };
      expect(await house.deploy('theirs', { ...plot, tenant: 'victim' })).toBeNull();
      expect(await house.deploy('theirs', plot)).toBe('AGENT_NOT_REGISTERED');
    });
  });

  describe('evaluates nothing without end', () => {
    it.each(ENDLESS_SCHEMAS)('a schema by %s', async (keyword, input, value) => {
      const name = `schema-${keyword.replace('$', '')}`;
      const code = await whileVictimRuns(house.tryOut(name, { workflow: { input } }, value));
      expect(code).toBe('LIMIT_EXCEEDED');
    });

    it.each(ENDLESS_EXPRESSIONS)('an expression: %s', async (what, when, input) => {
      const name = `expression-${what.replace(/\W+/g, '-')}`;
      const steps = { a: { agent: 'web', capability: 'look', when } };
      const code = await whileVictimRuns(house.tryOut(name, { workflow: { steps } }, input));
      expect(code).toBe('LIMIT_EXCEEDED');
    });
  });

  it('keeps others going while definitions of many schemas are compiled', async () => {
    const parts = Array.from({ length: 500 }, (_, at) => [`p${at}`, { $id: `urn:p${at}` }]);
    const input = { type: 'object', properties: Object.fromEntries(parts) as JsonObject };
    await whileVictimRuns(house.tryOut('ids', { workflow: { input } }));
  });

  it('gives another tenant a place beside steps whose agent never answers', async () => {
    const agent = (more: JsonObject) => web({ concurrencyMax: 1_000, ...more }, SILENT);
    const stepOf = (timeout: string) => ({ agent: 'web', capability: 'look', needs: [], timeout });
    const stepsOf = (timeout: string): JsonObject =>
      Object.fromEntries(Array.from({ length: 520 }, (_, at) => [`s${at}`, stepOf(timeout)]));
    const silent = (timeout: string, more = {}) => ({
      ...agent(more),
      workflow: { steps: stepsOf(timeout) },
    });
    expect(await house.deploy('greedy', silent('3650d'))).toBe('LIMIT_EXCEEDED');
    const many = silent('1h', { concurrencyMax: 10_000 });
    expect(await house.deploy('greedy', many)).toBe('LIMIT_EXCEEDED');
    expect(await house.deploy('silent', silent('1h', { version: '1.0.1' }))).toBeNull();
    const run = await runOf('silent');
    for (let runs = 0; runs < 5; runs += 1) {
      expect(await house.victimsRun()).toBeLessThan(VICTIM_MS_MAX);
    }
    await house.send('attacker', 'POST', `/v1/runs/${run}/cancel`, {});
  });

  it('holds a part of each stream that nobody reads', async () => {
    const show = { text: 'run.input.text' };
    const gate = { title: 'Well?', groups: ['reviewers'], show, due: '1h', onDue: 'reject' };
    const ids = Array.from({ length: 12 }, (_, at) => `g${at}`);
    const steps = Object.fromEntries(ids.map((id) => [id, { gate }]));
    expect(await house.deploy('wide', { workflow: { steps } })).toBeNull();
    const run = await runOf('wide', { text: 'x'.repeat(800_000) });
    const head = `GET /v1/runs/${run}/events/stream HTTP/1.1\r\nHost: x\r\n`;
    const asked = Array.from({ length: 96 }, () =>
      house.raw(`${head}Authorization: Bearer attacker\r\n\r\n`),
    );
    const opened = await whileVictimRuns(Promise.all(asked));
    sockets.push(...opened.map(({ socket }) => socket));
    const statuses = opened.map((one) => one.head.split(' ')[1]);
    expect(statuses.filter((status) => status === '200')).toHaveLength(64);
    expect(statuses.filter((status) => status === '429')).toHaveLength(32);
    expect(house.resident()).toBeLessThan(1_000 * MEBIBYTE);
  });

  it('lists runs of large inputs without their inputs', async () => {
    expect(await house.deploy('large')).toBeNull();
    for (let run = 0; run < 40; run += 1) await start('large', { text: 'x'.repeat(850_000) });
    const ask = () => house.send('attacker', 'GET', '/v1/runs?limit=100');
    const answers = await whileVictimRuns(Promise.all(Array.from({ length: 6 }, ask)));
    for (const { status, text } of answers) {
      expect(status).toBe(200);
      expect(text.length).toBeLessThan(2 * MEBIBYTE);
    }
  });

  it('keeps no compiled definition for ever', async () => {
    const input = wideContract();
    const deployAll = async () => {
      for (let at = 0; at < 70; at += 1) {
        expect(await house.deploy(`wide-${at}`, { workflow: { input } })).toBeNull();
        expect((await start(`wide-${at}`)).status).toBeLessThan(300);
      }
    };
    await whileVictimRuns(deployAll());
  });

  describe('calls no address that the operator did not allow to this tenant', () => {
    it.each([
      ['another tenant’s host', () => house.victimsUrl],
      ['beside the path that is allowed', () => house.victimsUrl.replace('/score', '/other')],
      ['out of the path that is allowed', () => `${house.victimsUrl}/%2e%2e/other`],
      ['metadata of the machine, though it was allowed', () => 'http://169.254.169.254'],
      ['the database', () => 'http://127.0.0.1:5432'],
      ['this machine by another name', () => 'http://[::ffff:127.0.0.1]:80'],
    ])('%s', async (what, url) => {
      const version = `1.${what.length}.0`;
      const code = await house.tryOut(`hosts-${what.length}`, web({ version, url: url() }));
      expect(code).toBe('AGENT_ADDRESS_REFUSED');
    });
  });

  describe('keeps the rules of an owner from those who only write workflows', () => {
    it('no policy of a trusted name with other content', async () => {
      const { policy } = house.plan('rules');
      const put = (body: object) => house.send('attacker', 'PUT', '/v1/policies', body);
      expect(await put(policy)).toMatchObject({ status: 200 });
      const classes = { ...policy.classes, read: { ...policy.classes.read, attemptsMax: 99 } };
      const other = await put({ ...policy, classes });
      expect(other).toMatchObject({ status: 409 });
      expect(other.text).toContain('DEFINITION_CONFLICT');
      const plot = { policy: { classes }, tenant: 'writer' } as unknown as Plot;
      expect(await house.deploy('rules', plot)).toBe('DEFINITION_CONFLICT');
    });

    it('no policy of their own', async () => {
      const plot = { policy: { name: 'own' }, workflow: { policy: 'own@1.0.0' } };
      const code = await house.deploy('own', { ...plot, tenant: 'writer' });
      expect(code).toBe('PERMISSION_DENIED');
    });

    it('no change of what a person is shown and may not edit', async () => {
      const show = { sum: 'run.input.sum', note: 'run.input.note' };
      const asked = { title: 'Pay?', groups: ['reviewers'], show, due: '1h', onDue: 'reject' };
      const editable = { type: 'object', properties: { note: { type: 'string' } } };
      const gate = { ...asked, editable };
      expect(await house.deploy('edited', { workflow: { steps: { g: { gate } } } })).toBeNull();
      const run = await runOf('edited', { sum: 10, note: 'a' });
      const path = `/v1/approvals/${run}/g/gate-1/decision`;
      const others = [{ sum: 11, note: 'a' }, { note: 'a' }, { sum: 10, note: 'a', more: 1 }];
      for (const data of others) {
        const answer = await house.send('judge', 'POST', path, { decision: 'approve', data });
        expect(answer.text).toContain('DECISION_INVALID');
      }
      const data = { sum: 10, note: 'b' };
      const answer = await house.send('judge', 'POST', path, { decision: 'approve', data });
      expect(answer).toMatchObject({ status: 200 });
    });
  });

  it('prints no escape of an author on the terminal of who looks', async () => {
    const hostile = '\u001b]52;c;cm0=\u0007\u009b31m\u202e\r\nFORGED';
    const show = { text: 'run.input' };
    const gate = { title: 'Well?', groups: ['reviewers'], show, due: '1h', onDue: 'reject' };
    expect(await house.deploy('shown', { workflow: { steps: { g: { gate } } } })).toBeNull();
    const run = await runOf('shown', { [hostile]: hostile });
    const program = join(__dirname, '../../../apps/cli/bin/fermata.cjs');
    const env = { ...process.env, FERMATA_URL: house.url, FERMATA_TOKEN: 'attacker' };
    for (const more of [[], ['--json']]) {
      const args = [program, 'approvals', 'show', `${run}/g/gate-1`, ...more];
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      expect(stdout).toContain('FORGED');
      expect(stdout).not.toMatch(/[\u0007\u001b\u0080-\u009f\u202e\r]|^FORGED/m);
    }
  });

  describe('answers others while one', () => {
    it('sends halves of bodies', async () => {
      const head = 'POST /v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer attacker\r\n';
      const text = `${head}Content-Type: application/json\r\nContent-Length: 800000\r\n\r\n{"a":"`;
      const halves = Array.from({ length: 200 }, () =>
        house.raw(`${text}${'x'.repeat(200_000)}`, false),
      );
      for (const { socket } of await Promise.all(halves)) {
        socket.on('error', () => undefined);
        sockets.push(socket);
      }
      await whileVictimRuns(sleep(1_000));
    });

    it('asks for health without pause', async () => {
      const ask = () => fetch(`${house.url}/health/ready`).then(({ status }) => status);
      const all = Promise.all(Array.from({ length: 1_000 }, ask));
      for (const status of await whileVictimRuns(all)) expect(status).toBe(200);
    });

    it.each([
      ['GET', '/v1/runs?before=9999999999999999999999/x', 400],
      ['GET', '/v1/runs?cursor=W10', 400],
      ['GET', '/v1/runs/%00/events', 404],
      ['GET', '/v1/runs/..%2f..%2fx', 404],
      ['OPTIONS', '/v1/runs', 405],
    ])('asks what nobody may: %s %s', async (method, path, status) => {
      expect(await house.send('attacker', method, path)).toMatchObject({ status });
    });

    it('asks by TRACE', async () => {
      const { head, socket } = await house.raw(
        'TRACE /v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer attacker\r\n\r\n',
      );
      sockets.push(socket);
      expect(head).toMatch(/ 405 /);
    });
  });

  it('goes on beside a stream of the most that an author may ask for', async () => {
    const when = 'run.input.l.all(x, !(x in run.input.m))';
    const steps = { a: { agent: 'web', capability: 'look', when } };
    expect(await house.deploy('dear', { workflow: { steps } })).toBeNull();
    const l = Array.from({ length: 1_500 }, (_, at) => at);
    const input = { l, m: l.map((at) => -1 - at) };
    const all = Array.from({ length: 60 }, () => start('dear', input));
    await whileVictimRuns(Promise.all(all));
  });

  it('goes on after kill -9 with such starts undecided, and heeds a stop beside them', async () => {
    const [, input] = ENDLESS_SCHEMAS[0] ?? [];
    const code = await house.deploy('undecided', { workflow: { input: input ?? {} } });
    expect([null, 'LIMIT_EXCEEDED']).toContain(code);
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const asked = Array.from({ length: 20 }, () =>
        Promise.all([start('undecided'), start('dear')]).catch(() => null),
      );
      await sleep(100);
      expect(await house.end(signal)).toBeLessThan(15_000);
      await Promise.all(asked);
      await house.launch();
      expect(await house.victimsRun()).toBeLessThan(VICTIM_MS_MAX);
    }
  });
});
