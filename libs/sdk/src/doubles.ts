import type { ProjectProblem, SourceFile } from './source-file';

/** A definition with a name and a version, and where it stands. */
export interface Versioned {
  readonly what: 'workflow' | 'policy' | 'agent';
  readonly source: SourceFile;
  readonly path: readonly (string | number)[];
  readonly value: { readonly name: string; readonly version: string };
}

/** One version has one content: a second definition under it is a problem that names the first. */
export function doublesIn(all: readonly Versioned[]): ProjectProblem[] {
  const first = new Map<string, Versioned>();
  const problems: ProjectProblem[] = [];
  for (const one of all) {
    const id = `${one.value.name}@${one.value.version}`;
    const before = first.get(`${one.what} ${id}`);
    if (before === undefined) {
      first.set(`${one.what} ${id}`, one);
      continue;
    }
    const { line } = before.source.problemAt([...before.path, 'name'], 'DEFINITION_INVALID', '');
    const found = `expected one ${one.what} ${id}, found it in ${before.source.file}:${line} too`;
    const message = `${found}; give one of them another version or name`;
    problems.push(one.source.problemAt([...one.path, 'name'], 'DEFINITION_INVALID', message));
  }
  return problems;
}
