import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findModule, importFunction } from './project-module';

let folder: string;
let project: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-module-'));
  project = join(folder, 'project');
  mkdirSync(join(project, 'agents'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (path: string, text: string): void => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
};

const load = (module: string, name: string) => importFunction(findModule(project, module), name);

describe('a module of a project', () => {
  it('gives the function that it exports', async () => {
    write('project/agents/desk.mjs', 'export const twice = async ({ n }) => ({ n: 2 * n });');
    const twice = await load('./agents/desk.mjs', 'twice');
    expect(await twice({ n: 4 } as never, {} as never)).toEqual({ n: 8 });
  });

  it.each([
    ['a path out of the folder', '../desk.mjs', /found that it leads out/],
    ['a path out and in again by another name', './agents/../../desk.mjs', /leads out/],
    ['an absolute path', '/etc/hostname', /found none/],
    ['a link that leads out', './agents/link.mjs', /found that it leads out/],
    ['a folder that is a link out', './out/desk.mjs', /found that it leads out/],
    ['a module of a package', './node_modules/pack/index.mjs', /found a package/],
    ['a link into a package', './agents/pack.mjs', /found a package/],
    ['the name of a package', 'pack', /found none/],
    ['the name of a part of the platform', 'node:fs', /found none/],
    ['a url', 'file:///etc/hostname', /found none/],
    ['a url with code', 'data:text/javascript,export default 1', /found none/],
    ['a folder', './agents', /found none/],
    ['nothing', './agents/none.mjs', /found none/],
  ])('is not %s', (_, module, found) => {
    write('desk.mjs', 'export const once = () => 1;');
    write('project/node_modules/pack/index.mjs', 'export const once = () => 1;');
    symlinkSync(join(folder, 'desk.mjs'), join(project, 'agents/link.mjs'));
    symlinkSync(folder, join(project, 'out'));
    symlinkSync(join(project, 'node_modules/pack/index.mjs'), join(project, 'agents/pack.mjs'));
    expect(() => findModule(project, module)).toThrow(found);
    expect(() => findModule(project, module)).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', retryable: false }),
    );
  });

  it('may be a link inside the project, also when the project itself is reached by one', () => {
    write('project/agents/desk.mjs', 'export const once = () => 1;');
    symlinkSync(join(project, 'agents/desk.mjs'), join(project, 'agents/link.mjs'));
    symlinkSync(project, join(folder, 'current'));
    const { path, content } = findModule(join(folder, 'current'), './agents/link.mjs');
    expect(path.endsWith('/project/agents/desk.mjs')).toBe(true);
    expect(content).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(['toString', 'hasOwnProperty', '__proto__', 'constructor', 'valueOf'])(
    'offers its own exports alone, and not what every object has: %s',
    async (name) => {
      write('project/agents/desk.mjs', 'export const once = () => 1; export default {};');
      await expect(load('./agents/desk.mjs', name)).rejects.toThrow(
        /expected \.\/agents\/desk\.mjs to export the function/,
      );
    },
  );

  it('is not run with other bytes than those that were found', async () => {
    write('project/agents/desk.mjs', 'export const once = () => 1;');
    const found = findModule(project, './agents/desk.mjs');
    write('project/agents/desk.mjs', 'export const once = () => 2;');
    await expect(importFunction(found, 'once')).rejects.toThrow(/to stay as it is while it loads/);
  });

  it('says why it does not load, and how a file is made an ES module', async () => {
    write('project/agents/broken.mjs', 'throw new Error("no licence");');
    await expect(load('./agents/broken.mjs', 'once')).rejects.toThrow(
      /expected the module \.\/agents\/broken\.mjs to load, found: no licence/,
    );
    write('project/agents/package.json', '{"type": "commonjs"}');
    write('project/agents/desk.js', 'export const twice = 2;');
    await expect(load('./agents/desk.js', 'twice')).rejects.toThrow(
      /Unexpected token 'export', at 1:1; put a package\.json with "type": "module" beside it$/,
    );
  });

  it('that lacks the function says what it exports', async () => {
    write('project/agents/desk.mjs', 'export const twice = 1; export const thrice = 2;');
    await expect(load('./agents/desk.mjs', 'once')).rejects.toThrow(
      /expected \.\/agents\/desk\.mjs to export the function "once", found thrice, twice/,
    );
  });
});
