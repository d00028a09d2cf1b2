import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Fault } from '@fermata/contracts';
import type { AgentFunction } from './agent';

/** A module of a project, found on disk. */
export interface ProjectModule {
  /** As the agents file says it. */
  readonly module: string;
  /** Its real path: no link leads out of the project's real folder. */
  readonly path: string;
  /** SHA-256 of its bytes, in hex. */
  readonly content: string;
}

/** A function of a project's module, and the file it was loaded from. */
export interface LoadedFunction {
  readonly module: ProjectModule;
  readonly export: string;
  readonly perform: AgentFunction<never, unknown>;
}

/**
 * Finds a module of a project: a file whose real path lies in the project's real folder and in no
 * `node_modules` there. A name of a package is a path like any other, and finds no file.
 */
export function findModule(dir: string, module: string): ProjectModule {
  const path = realPathOf(join(dir, module));
  if (isAbsolute(module) || path === null || !statSync(path).isFile()) {
    throw misplaced(module, 'a file at this path in the project', 'none', 'correct the path');
  }
  const inside = relative(realpathSync(dir), path);
  if (isAbsolute(inside) || inside.split(sep)[0] === '..') {
    const remedy = 'move it into the project';
    throw misplaced(module, 'a file inside the project', 'that it leads out', remedy);
  }
  if (inside.split(sep).includes('node_modules')) {
    const remedy = 'write a module of your own that calls the package';
    throw misplaced(module, "a module of the project's own", 'a package', remedy);
  }
  return { module, path, content: contentOf(path) };
}

function misplaced(module: string, expected: string, found: string, remedy: string): Fault {
  const message = `expected the module ${module} to be ${expected}, found ${found}; ${remedy}`;
  return new Fault('DEFINITION_INVALID', message);
}

function realPathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function contentOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/**
 * Imports a module of a project and takes a function of its own exports. Runs the module's code:
 * for projects that one trusts. What was found and what was loaded are the same bytes.
 */
export async function importFunction(
  { module, path, content }: ProjectModule,
  name: string,
): Promise<AgentFunction<never, unknown>> {
  const loaded = await load(path, module);
  if (contentOf(path) !== content) {
    const found = `expected the module ${module} to stay as it is while it loads, found a change`;
    throw new Fault('DEFINITION_INVALID', `${found}; start again`);
  }
  const found = ownExport(loaded, name) ?? ownExport(loaded['default'], name);
  if (typeof found === 'function') return found as AgentFunction<never, unknown>;
  const known = Object.keys(loaded).join(', ') || 'nothing';
  const message = `expected ${module} to export the function "${name}", found ${known}`;
  throw new Fault('DEFINITION_INVALID', `${message}; correct the agent's module or export`);
}

/** What an object has under a name itself: a CommonJS module's names may stand on its default. */
function ownExport(exported: unknown, name: string): unknown {
  if (typeof exported !== 'object' || exported === null) return undefined;
  return Object.getOwnPropertyDescriptor(exported, name)?.value;
}

/**
 * Where in a module an error says that it stands, as line and column: what can't be parsed stands
 * above the error's own text, with a mark below it, and what was thrown in one of its frames.
 */
function placeIn({ stack = '' }: Error, path: string): string {
  const marked = /^(.+):(\d+)\n(?:.*\n){1,9}?( *)\^/.exec(stack);
  if (marked?.[1]?.endsWith(path)) return `, at ${marked[2]}:${(marked[3] ?? '').length + 1}`;
  const { href } = pathToFileURL(path);
  const from = stack.indexOf(`${href}:`);
  const frame = from < 0 ? null : /^:(\d+:\d+)/.exec(stack.slice(from + href.length));
  return frame === null ? '' : `, at ${frame[1]}`;
}

/** Imports a module; one that can't be loaded will not be at the next try either. */
async function load(path: string, module: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    const said = cause instanceof Error ? `${cause.message}${placeIn(cause, path)}` : String(cause);
    const isRead = cause instanceof SyntaxError && /\b(export|import)\b/.test(said);
    const remedy = isRead
      ? 'put a package.json with "type": "module" beside it'
      : 'correct the module or its path';
    const found = `expected the module ${module} to load, found: ${said}`;
    throw new Fault('DEFINITION_INVALID', `${found}; ${remedy}`, false, { cause });
  }
}
