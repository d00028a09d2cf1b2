import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadProject } from './load-project';
import type { ProjectProblem } from './source-file';

const BAD = join(__dirname, '../../testing/bad-definitions');
const GOOD = join(__dirname, '../../testing/good-definitions');
const BASE = join(BAD, 'base');

const casesIn = (dir: string) => readdirSync(dir).filter((name) => name.endsWith('.yaml'));

/** The file of the base project that a case stands for. */
function fileOf(name: string): string {
  return /\.(agents|policy)\.yaml$/.exec(name)?.[0].slice(1) ?? 'flow.yaml';
}

/** What is told of the base project with one of its files replaced. */
function toldOf(dir: string, name: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'fermata-corpus-'));
  try {
    cpSync(BASE, folder, { recursive: true });
    writeFileSync(join(folder, fileOf(name)), readFileSync(join(dir, name)));
    const { problems, warnings } = loadProject(folder, {});
    return [
      ...problems.flatMap((one) => lines('error', one, fileOf(name))),
      ...warnings.flatMap((one) => lines('warning', one, fileOf(name))),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function lines(severity: string, problem: ProjectProblem, file: string): readonly string[] {
  const { code, line, column, message } = problem;
  const elsewhere = problem.file === file ? '' : ` of ${problem.file}`;
  return [`# ${severity} ${code} ${line}:${column}${elsewhere}`, `#   ${message}`];
}

/** What the first lines of a case say of it, after the one that says what it is. */
function headOf(dir: string, name: string): readonly string[] {
  const all = readFileSync(join(dir, name), 'utf8').split('\n');
  const end = all.findIndex((line) => !line.startsWith('#'));
  return all.slice(1, end);
}

describe('of a definition with one mistake is told what stands in its head, and nothing else', () => {
  it.each(casesIn(BAD))('%s', (name) => {
    const head = headOf(BAD, name);
    expect(head).not.toEqual([]);
    expect(toldOf(BAD, name)).toEqual(head);
  });

  it('in at least eighty of them', () => {
    expect(casesIn(BAD).length).toBeGreaterThanOrEqual(80);
  });
});

describe('of a definition that is right nothing is told', () => {
  it.each(casesIn(GOOD))('%s', (name) => {
    expect(toldOf(GOOD, name)).toEqual([]);
  });

  it('in at least forty of them', () => {
    expect(casesIn(GOOD).length).toBeGreaterThanOrEqual(40);
  });
});
