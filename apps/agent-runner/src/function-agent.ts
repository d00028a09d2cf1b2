import { isAbsolute, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Fault } from '@fermata/contracts';
import type { Perform } from './agent';

/** Loads a function of a module in the user's project; TypeScript runs as it is. */
export async function loadFunction(
  projectDir: string,
  module: string,
  name: string,
): Promise<Perform> {
  const path = resolve(projectDir, module);
  const inside = relative(projectDir, path);
  if (inside.startsWith('..') || isAbsolute(inside)) {
    const found = `expected a module inside the project ${projectDir}, found ${module}`;
    throw new Fault('DEFINITION_INVALID', `${found}; move it into the project`);
  }
  const loaded = await load(path, module);
  const found = loaded[name] ?? (loaded['default'] as Record<string, unknown> | undefined)?.[name];
  if (typeof found === 'function') return found as Perform;
  const exported = Object.keys(loaded).join(', ') || 'nothing';
  const message = `expected ${module} to export the function "${name}", found ${exported}`;
  throw new Fault('DEFINITION_INVALID', `${message}; correct the agent's module or export`);
}

/** Imports a module; one that can't be loaded will not be at the next try either. */
async function load(path: string, module: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const isRead = cause instanceof SyntaxError && /\b(export|import)\b/.test(said);
    const remedy = isRead
      ? 'put a package.json with "type": "module" beside it'
      : 'correct the module or its path';
    const found = `expected the module ${module} to load, found: ${said}`;
    throw new Fault('DEFINITION_INVALID', `${found}; ${remedy}`, false, { cause });
  }
}
