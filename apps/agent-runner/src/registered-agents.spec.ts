import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentRegistration, type AgentDefinition } from '@fermata/contracts';
import { memoryLog } from '@fermata/log';
import { RegisteredAgents } from './registered-agents';
import { runnerProjects } from './runner-projects';

type FunctionAgent = Extract<AgentDefinition, { kind: 'function' }>;

const MODULE = `
export const count = () => 'counted';
export const other = () => 'other';
`;

const COUNT: FunctionAgent['capabilities'][string] = {
  module: './desk.mjs',
  export: 'count',
  risk: 'read',
  input: { type: 'object', required: ['total'] },
};

const DESK: FunctionAgent = {
  name: 'desk',
  version: '1.0.0',
  kind: 'function',
  capabilities: { count: COUNT },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-registered-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A project with these agents, and a module whose top level writes down that it ran. */
function project(agents: readonly AgentDefinition[], name = 'one'): string {
  const dir = join(folder, name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'desk.mjs'), MODULE);
  writeFileSync(join(dir, 'bomb.mjs'), 'globalThis.fermataBomb = true; export const count = 1;');
  writeFileSync(join(dir, 'agents.yaml'), JSON.stringify({ agents }));
  const files = { workflows: ['w.yaml'], policies: ['p.yaml'], agents: ['agents.yaml'] };
  writeFileSync(join(dir, 'fermata.yaml'), JSON.stringify(files));
  return dir;
}

const load = (agents: readonly AgentDefinition[], tenants: readonly string[] = ['acme']) =>
  RegisteredAgents.load([{ dir: project(agents), tenants }], () => true);

const TASK = { agent: { name: 'desk', version: '1.0.0' }, capability: 'count' };

describe('a function agent', () => {
  it('is performed for the tenants whose project has it', async () => {
    const registered = await load([DESK], ['acme', 'bolt']);
    for (const tenant of ['acme', 'bolt']) {
      const found = registered.find(tenant, TASK, COUNT);
      expect(await found.perform(null, {} as never)).toBe('counted');
    }
    expect(() => registered.find('cog', TASK, COUNT)).toThrow(
      expect.objectContaining({ code: 'AGENT_NOT_REGISTERED', retryable: true }),
    );
  });

  it.each([
    ['another module', { ...COUNT, module: './bomb.mjs' }],
    ['a package', { ...COUNT, module: './node_modules/pack/index.js' }],
    ['another export', { ...COUNT, export: 'other' }],
    ['another class', { ...COUNT, risk: 'effect' as const }],
    ['more trust in its key', { ...COUNT, idempotent: true }],
    ['a wider input', { ...COUNT, input: {} }],
    ['an output of its own', { ...COUNT, output: {} }],
  ])('is not performed for a definition that gives it %s', async (_, described) => {
    const registered = await load([DESK]);
    expect(() => registered.find('acme', TASK, described)).toThrow(
      /expected count of desk@1\.0\.0 to be registered, found desk@1\.0\.0 without the same contract/,
    );
    expect('fermataBomb' in globalThis).toBe(false);
  });

  it('is not performed by a capability that every object has', async () => {
    const registered = await load([DESK]);
    const task = { ...TASK, capability: 'constructor' };
    expect(() => registered.find('acme', task, COUNT)).toThrow(/to be registered/);
  });

  it('goes on for runs of an older version whose contract the new one kept', async () => {
    const newer = { ...DESK, version: '1.1.0', description: 'More of it.' };
    const registered = await load([newer]);
    expect(await registered.find('acme', TASK, COUNT).perform(null, {} as never)).toBe('counted');
  });

  it('has the places that its operator gives it, whatever a definition says', async () => {
    const registered = await load([{ ...DESK, concurrencyMax: 3 }]);
    expect(registered.find('acme', TASK, COUNT).concurrencyMax).toBe(3);
  });

  it('that does not load keeps its runner from starting, with file, line and reason', async () => {
    const missing = { ...DESK, capabilities: { count: { ...COUNT, export: 'gone' } } };
    await expect(load([missing])).rejects.toThrow(
      /agents\.yaml:1:\d+ expected \.\/desk\.mjs to export the function "gone"/,
    );
  });

  it('that another pool performs is not even loaded', async () => {
    const broken = { ...DESK, name: 'gpu', capabilities: { count: { ...COUNT, export: 'gone' } } };
    const dir = project([DESK, broken]);
    const serves = (agent: string): boolean => agent === 'desk';
    await expect(
      RegisteredAgents.load([{ dir, tenants: ['acme'] }], serves),
    ).resolves.toBeDefined();
  });

  it('is announced with the content of its code, once for each tenant', async () => {
    const log = memoryLog();
    await (await load([DESK], ['acme', 'bolt'])).announce(log);
    const all = await log.listLatest('registered-agent/');
    expect([...all.keys()]).toEqual([
      'registered-agent/acme/desk@1.0.0',
      'registered-agent/bolt/desk@1.0.0',
    ]);
    const [text = ''] = all.values();
    expect(agentRegistration.parse(JSON.parse(text)).capabilities).toEqual({
      count: { module: './desk.mjs', export: 'count', content: expect.stringMatching(/^\w{64}$/) },
    });
  });

  it('whose version has other content already is refused, save in development', async () => {
    const log = memoryLog();
    await (await load([DESK])).announce(log);
    const changed = await load([{ ...DESK, description: 'Another.' }]);
    await expect(changed.announce(log)).rejects.toMatchObject({ code: 'DEFINITION_CONFLICT' });
    await changed.announce(log, true);
    await expect(changed.announce(log)).resolves.toBeUndefined();
  });

  it('may come from one project for a tenant, not from two', async () => {
    const [one, two] = [project([DESK], 'one'), project([DESK], 'two')];
    const both = (tenants: readonly string[]) =>
      RegisteredAgents.load(
        [
          { dir: one, tenants: ['acme'] },
          { dir: two, tenants },
        ],
        () => true,
      );
    await expect(both(['bolt'])).resolves.toBeDefined();
    await expect(both(['acme'])).rejects.toThrow(/one project that brings desk@1\.0\.0 of tenant/);
  });
});

describe('the projects of a runner', () => {
  it('are folders, each for its tenants, and without any for the one of development', () => {
    expect(runnerProjects('/srv/a, acme+globex=/srv/b,bolt=/srv/with=sign')).toEqual([
      { dir: '/srv/a', tenants: ['local'] },
      { dir: '/srv/b', tenants: ['acme', 'globex'] },
      { dir: '/srv/with=sign', tenants: ['bolt'] },
    ]);
  });

  it.each(['Acme=/srv/a', '=/srv/a', 'acme=', 'acme+=/srv/a', '/srv/a,'])(
    'are not "%s"',
    (text) => {
      expect(() => runnerProjects(text)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    },
  );
});
