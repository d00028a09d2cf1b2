import type { Json, JsonObject } from '@fermata/contracts';
import { sleep } from '../standalone-process';
import { Installation, SILENT } from './installation';

const MEBIBYTE = 1024 * 1024;
/** What another tenant may notice of an attack at most. */
const VICTIM_MS_MAX = 3_000;
const GROWTH_MAX = 200 * MEBIBYTE;
const SETTLE_MS_MAX = 20_000;

jest.setTimeout(120_000);

/** Schemas of so many levels, each of which asks the next one twice. */
function doubling(levels: number): JsonObject {
  const one = (at: number): JsonObject => ({
    allOf: [0, 1].map(() => ({ $ref: `#/$defs/a${at}` })),
  });
  const defs = Array.from({ length: levels }, (_, at) => [
    `a${at}`,
    at === levels - 1 ? { type: 'object' } : one(at + 1),
  ]);
  return { ...one(0), $defs: Object.fromEntries(defs) as JsonObject };
}

describe('one installation with two tenants', () => {
  const house = new Installation();
  let before = 0;

  beforeAll(async () => {
    await house.start();
    const put = await house.send('victim', 'PUT', '/v1/workflows', house.plan('plain'));
    expect(put).toMatchObject({ status: 200 });
    for (let warm = 0; warm < 5; warm += 1) await house.victimsRun();
    before = house.memory();
  });

  afterAll(() => house.stop());

  afterEach(async () => {
    expect(await house.victimsRun()).toBeLessThan(VICTIM_MS_MAX);
    for (let waited = 0; house.memory() - before > GROWTH_MAX; waited += 200) {
      if (waited > SETTLE_MS_MAX)
        throw new Error(`expected memory to come back: ${house.memory()}`);
      await sleep(200);
    }
  });

  const deployAndStart = async (name: string, workflow: JsonObject, input: Json) => {
    const put = await house.send('attacker', 'PUT', '/v1/workflows', house.plan(name, workflow));
    if (put.status !== 200) return put;
    return house.send('attacker', 'POST', '/v1/runs', { workflow: name, input });
  };

  it.each([
    ['a module of the machine', 'node:child_process', 'execSync'],
    ['a package of the installation', '../node_modules/pg/lib/index.js', 'Client'],
    ['a program of the installation', './dist/main-job.js', 'main'],
    ['an agent of another tenant', './agents/hands.ts', 'look'],
  ])('runs no code of the operator that its author names: %s', async (_, module, name) => {
    const plan = house.plan('code');
    const agent = { name: 'web', version: '1.0.0', kind: 'function' };
    const capabilities = { look: { module, export: name, risk: 'read' } };
    const body = { ...plan, agents: [{ ...agent, capabilities }] };
    const { status } = await house.send('attacker', 'PUT', '/v1/workflows', body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  it('evaluates no schema without end', async () => {
    const { status } = await deployAndStart('doubling', { input: doubling(60) }, {});
    // The answer of a start that asks for more than a decision may take.
    expect(status).toBe(413);
  });

  it('evaluates no expression without end', async () => {
    const list = Array.from({ length: 100_000 }, (_, at) => at);
    const when = 'run.input.l.all(x, !(x in run.input.m))';
    const steps = { a: { agent: 'web', capability: 'look', when } };
    const negative = list.map((at) => -1 - at).slice(0, 50_000);
    const input = { l: list.slice(0, 50_000), m: negative };
    const { status } = await deployAndStart('quadratic', { steps }, input);
    expect(status).toBeLessThan(500);
  });

  it('keeps others going while definitions of many schemas are compiled', async () => {
    const outputs = Array.from({ length: 500 }, (_, at) => [`p${at}`, { $id: `urn:p${at}` }]);
    const input = { type: 'object', properties: Object.fromEntries(outputs) as JsonObject };
    await Promise.all([deployAndStart('ids', { input }, {}), house.victimsRun()]);
  });

  it('gives another tenant a place beside steps whose agent never answers', async () => {
    const plan = house.plan('silent');
    const step = { agent: 'silent', capability: 'look', needs: [], timeout: '3650d' };
    const steps = Object.fromEntries(Array.from({ length: 520 }, (_, at) => [`s${at}`, step]));
    const capabilities = { look: { risk: 'read', path: SILENT } };
    const agent = { name: 'silent', version: '1.0.0', kind: 'http', concurrencyMax: 10_000 };
    const agents = [{ ...agent, url: house.agentUrl, capabilities }];
    const body = { ...plan, agents, workflow: { ...plan.workflow, steps } };
    const put = await house.send('attacker', 'PUT', '/v1/workflows', body);
    const start = { workflow: 'silent', input: {} };
    const begun = await house.send('attacker', 'POST', '/v1/runs', start);
    expect([put.status, begun.status]).toEqual([200, 201]);
    for (let runs = 0; runs < 5; runs += 1) {
      expect(await house.victimsRun()).toBeLessThan(VICTIM_MS_MAX);
    }
    const { run } = JSON.parse(begun.text) as { run: string };
    await house.send('attacker', 'POST', `/v1/runs/${run}/cancel`, {});
  });
});
