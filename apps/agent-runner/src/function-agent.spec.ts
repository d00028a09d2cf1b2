import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failureOf, type AgentContext } from './agent';
import { loadFunction } from './function-agent';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fermata-function-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a function agent', () => {
  it('is a function that a module of the project exports', async () => {
    writeFileSync(
      join(folder, 'desk.mjs'),
      'export const twice = async ({ n }) => ({ n: 2 * n });',
    );
    const twice = await loadFunction(folder, './desk.mjs', 'twice');
    expect(await twice({ n: 4 }, {} as AgentContext)).toEqual({ n: 8 });
  });

  it('is refused outside the project', async () => {
    await expect(loadFunction(folder, '../desk.mjs', 'twice')).rejects.toThrow(
      /expected a module inside the project/,
    );
  });

  it('is refused for good when its module is missing or does not load', async () => {
    writeFileSync(join(folder, 'broken.mjs'), 'throw new Error("no licence");');
    for (const [module, found] of [
      ['./none.mjs', 'Cannot find module'],
      ['./broken.mjs', 'no licence'],
    ] as const) {
      await expect(loadFunction(folder, module, 'once')).rejects.toMatchObject({
        code: 'DEFINITION_INVALID',
        retryable: false,
        message: expect.stringMatching(
          new RegExp(`the module ${module} to load, found: .*${found}`),
        ),
      });
    }
  });

  it('is told how a file is made an ES module', async () => {
    writeFileSync(join(folder, 'package.json'), '{"type": "commonjs"}');
    writeFileSync(join(folder, 'desk.js'), 'export const twice = 2;');
    await expect(loadFunction(folder, './desk.js', 'twice')).rejects.toThrow(
      /Unexpected token 'export'; put a package\.json with "type": "module" beside it$/,
    );
  });

  it('is refused by a name that the module does not export, and hears what it does', async () => {
    writeFileSync(join(folder, 'desk.mjs'), 'export const twice = 1; export const thrice = 2;');
    await expect(loadFunction(folder, './desk.mjs', 'once')).rejects.toThrow(
      /expected \.\/desk\.mjs to export the function "once", found thrice, twice/,
    );
  });
});

describe('what an agent threw', () => {
  it('keeps its own code and whether to try again', () => {
    const error = Object.assign(new Error('no such applicant'), {
      code: 'APPLICANT_UNKNOWN',
      retryable: false,
      retryAfterMs: 50,
    });
    expect(failureOf(error)).toMatchObject({
      code: 'APPLICANT_UNKNOWN',
      message: 'no such applicant',
      retryable: false,
      retryAfterMs: 50,
    });
  });

  it.each([
    [new Error('boom')],
    ['boom'],
    [Object.assign(new Error('boom'), { code: 'not a code' })],
  ])('counts as AGENT_FAILED, to be tried again, when it says no more: %s', (error) => {
    expect(failureOf(error)).toMatchObject({
      code: 'AGENT_FAILED',
      message: 'boom',
      retryable: true,
    });
  });
});
