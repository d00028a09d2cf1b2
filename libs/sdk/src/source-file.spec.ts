import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SourceFile } from './source-file';

/** Line and column of a problem at the text `when`, at a word of it. */
function placeOf(yaml: string, word: string): [number, number] {
  const file = new SourceFile('a.yaml', yaml);
  const { when } = file.content as { when: string };
  const offset = when.indexOf(word);
  expect(offset).toBeGreaterThanOrEqual(0);
  const { line, column } = file.problemAt(['when'], 'EXPRESSION_INVALID', 'wrong', offset);
  return [line, column];
}

/** Where a word really stands, as an editor shows it. */
function seenAt(yaml: string, word: string): [number, number] {
  const before = yaml.slice(0, yaml.indexOf(word)).split('\n');
  return [before.length, (before.at(-1)?.length ?? 0) + 1];
}

describe('a character inside a text is found where it stands', () => {
  it.each([
    ['plain', 'when: aaa && HERE == 1\n'],
    ['plain, at its begin', 'when: HERE && aaa\n'],
    ['plain over several lines', 'when: aaa &&\n  bbb &&\n  HERE == 1\n'],
    ['plain with an anchor', 'when: &x aaa && HERE\n'],
    ['plain inside braces', 'x: 1\nwhen: aaa && HERE\ny: {a: 1}\n'],
    ['in double quotes', 'when: "aaa && HERE"\n'],
    ['in double quotes, at its begin', 'when: "HERE && aaa"\n'],
    ['in double quotes with escapes', 'when: "\\"a\\" == \\u0041 \\x41 \\\\ && HERE"\n'],
    ['in double quotes with escaped blanks', 'when: "a\\n\\tb && HERE"\n'],
    ['in double quotes over several lines', 'when: "aaa &&\n\n  bbb && \\\n  HERE"\n'],
    ['in single quotes', "when: 'aaa && HERE'\n"],
    ['in single quotes that are doubled', "when: '''a'' == ''b'' && HERE'\n"],
    ['in single quotes over several lines', "when: 'aaa &&\n  ''b'' && HERE'\n"],
    ['folded', 'when: >-\n  aaa &&\n  HERE == 1\n'],
    ['folded with a blank line', 'when: >-\n  aaa &&\n\n  bbb\n\n\n  && HERE == 1\n'],
    ['folded with deeper lines', 'when: >-\n  aaa &&\n    bbb &&\n      HERE\n  == 1\n'],
    ['folded with a given indent', 'when: >2-\n    aaa &&\n    HERE\n'],
    [
      'folded with a note beside it',
      'when: >- # HERE not\n  aaa && (HERE)\n'.replace('HERE not', 'no'),
    ],
    ['literal', 'when: |\n  aaa &&\n  HERE == 1\n'],
    ['literal with a blank line', 'when: |\n  aaa &&\n\n  HERE == 1\n'],
    ['after letters of other scripts', 'when: "\'é😀\' == 1 && HERE"\n'],
    ['in a file with carriage returns', 'x: 1\r\nwhen: >-\r\n  aaa &&\r\n  bbb && HERE\r\n'],
  ])('%s', (_, yaml) => {
    expect(placeOf(yaml, 'HERE')).toEqual(seenAt(yaml, 'HERE'));
  });

  it('and an end that comes too early, behind the last character', () => {
    const file = new SourceFile('a.yaml', 'when: 1 +  \nb: 1\n');
    expect(file.problemAt(['when'], 'EXPRESSION_INVALID', 'wrong', 3)).toMatchObject({
      line: 1,
      column: 10,
    });
  });
});

describe('a value is found', () => {
  const file = new SourceFile(
    'a.yaml',
    'steps:\n  count:\n    needs: [a, "b"]\n  print: {when: x}\n',
  );
  const at = (...path: (string | number)[]) => {
    const { line, column } = file.problemAt(path, 'DEFINITION_INVALID', 'wrong');
    return [line, column];
  };

  it('where it begins', () => {
    expect(at('steps', 'count', 'needs', 0)).toEqual([3, 13]);
    expect(at('steps', 'count', 'needs', 1)).toEqual([3, 16]);
    expect(at('steps', 'print', 'when')).toEqual([4, 17]);
  });

  it('at its key when it is a map or list', () => {
    expect(at('steps', 'count')).toEqual([2, 3]);
    expect(at('steps', 'count', 'needs')).toEqual([3, 5]);
  });

  it('at what should hold it when it is missing', () => {
    expect(at('steps', 'print', 'capability')).toEqual([4, 3]);
    expect(at('policy')).toEqual([1, 1]);
    expect(at()).toEqual([1, 1]);
  });
});

describe('a file that is refused says where', () => {
  it.each([
    ['an anchor inside itself', 'a: &x\n  b: [*x]\n', 'DEFINITION_INVALID', 2, 7, /inside itself/],
    ['an anchor that is not there', 'a: 1\nb: *x\n', 'DEFINITION_INVALID', 2, 4, /no such anchor/],
    ['a number without end', 'a: {b: .inf}\n', 'JSON_NUMBER_INEXACT', 1, 8, /found Infinity/],
    ['a number that is none', 'a: [.nan]\n', 'JSON_NUMBER_INEXACT', 1, 5, /found NaN/],
    ['a number beyond any', 'a: [1e400]\n', 'JSON_NUMBER_INEXACT', 1, 5, /found 1e400/],
    ['a whole number too large', 'a: 9007199254740993\n', 'JSON_NUMBER_INEXACT', 1, 4, /quotes/],
    ['such a number in hex', 'a: 0x20000000000001\n', 'JSON_NUMBER_INEXACT', 1, 4, /whole number/],
    ['digits that are lost', 'a: 1.0000000000000000001\n', 'JSON_NUMBER_INEXACT', 1, 4, /become 1/],
    ['half a character', 'a:\n  b: "\\ud800"\n', 'DEFINITION_INVALID', 2, 6, /at \/b?/],
    ['one key as a number and as text', '1: a\n"1": b\n', 'DEFINITION_INVALID', 2, 1, /unique/],
    [
      'a date of YAML 1.1',
      '%YAML 1.1\n---\na: 2026-01-31\n',
      'DEFINITION_INVALID',
      3,
      4,
      /class Date/,
    ],
    [
      'a set of YAML 1.1',
      '%YAML 1.1\n---\na: !!set {b}\n',
      'DEFINITION_INVALID',
      3,
      1,
      /class Set/,
    ],
    [
      'a key that reaches a prototype',
      'a:\n  constructor: 1\n',
      'JSON_FORBIDDEN_KEY',
      2,
      3,
      /rename it/,
    ],
    ['two documents', 'a: 1\n---\nb: 1\n', 'DEFINITION_INVALID', 2, 1, /multiple documents/],
    ['a tab for an indent', 'a:\n\tb: 1\n', 'DEFINITION_INVALID', 2, 1, /Tabs are not allowed/],
  ])('%s', (_, yaml, code, line, column, message) => {
    const file = new SourceFile('a.yaml', yaml);
    expect(file.problems[0]).toEqual({
      file: 'a.yaml',
      code,
      line,
      column,
      message: expect.stringMatching(message),
    });
    expect(file.content).toBeNull();
  });

  it('lines that aliases multiply', () => {
    const rows = Array.from({ length: 9 }, (_, row) => {
      const items = row === 0 ? 'x' : `*r${row - 1}`;
      return `r${row}: &r${row} [${Array(9).fill(items).join(', ')}]\n`;
    });
    const file = new SourceFile('a.yaml', rows.join(''));
    expect(file.problems).toEqual([expect.objectContaining({ code: 'LIMIT_EXCEEDED', line: 1 })]);
    expect(file.content).toBeNull();
  });

  it('more than 64 levels', () => {
    const deep = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`;
    expect(new SourceFile('a.yaml', deep(64)).problems).toEqual([]);
    const maps = `${'{a: '.repeat(65)}1${'}'.repeat(65)}`;
    for (const yaml of [deep(65), maps]) {
      const [problem] = new SourceFile('a.yaml', yaml).problems;
      expect(problem).toMatchObject({ code: 'JSON_TOO_DEEP', line: 1 });
    }
  });
});

describe('a file that is no UTF-8', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'fermata-source-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const read = (bytes: Uint8Array) => {
    writeFileSync(join(folder, 'a.yaml'), bytes);
    return SourceFile.read(join(folder, 'a.yaml'), 'a.yaml');
  };

  it('is refused where its first such byte stands', () => {
    const file = read(Buffer.from('name: \xe9\n', 'latin1'));
    expect(file.content).toBeNull();
    expect(file.problems).toEqual([
      {
        file: 'a.yaml',
        line: 1,
        column: 7,
        code: 'DEFINITION_INVALID',
        message: 'expected a file in UTF-8, found the byte 0xE9 at byte 6; save it as UTF-8',
      },
    ]);
    const later = read(Buffer.concat([Buffer.from('a: ñ\nbé: '), Buffer.from([0xff])]));
    expect(later.problems[0]).toMatchObject({ line: 2, column: 5 });
    expect(read(Buffer.from('\uFEFFa: 1', 'utf16le')).problems).toHaveLength(1);
  });

  it('is not one that begins with a byte order mark', () => {
    const file = read(Buffer.from('\uFEFFa: 1\n'));
    expect(file.problems).toEqual([]);
    expect(file.content).toEqual({ a: 1 });
    expect(file.problemAt(['a'], 'DEFINITION_INVALID', 'wrong')).toMatchObject({ column: 4 });
  });
});

describe('a file that is right', () => {
  it('has 0 where it says -0', () => {
    const file = new SourceFile('a.yaml', 'a: [-0, -0.0, 1]\n');
    expect(JSON.stringify(file.content)).toBe('{"a":[0,0,1]}');
    const { a } = file.content as { a: number[] };
    expect(a.some((one) => Object.is(one, -0))).toBe(false);
  });

  it('may repeat a value by its anchor', () => {
    const file = new SourceFile('a.yaml', 'a: &x {n: 1}\nb: *x\n');
    expect(file.content).toEqual({ a: { n: 1 }, b: { n: 1 } });
  });

  it('may be JSON', () => {
    expect(new SourceFile('a.json', '{"a": [1, null, "b"]}').content).toEqual({
      a: [1, null, 'b'],
    });
  });
});

describe('a file that is no YAML', () => {
  it('is told with one place for each fault, one fault for each place, and what to do', () => {
    const { problems } = new SourceFile('a.yaml', 'a: [\nb: 1\nc: d: 2\n');
    const places = problems.map(({ line, column }) => `${line}:${column}`);
    expect(new Set(places).size).toBe(places.length);
    for (const { message } of problems) {
      expect(message).toMatch(/^expected valid YAML, found: .+; correct it there, or just before$/);
      expect(message).not.toMatch(/at line \d/);
    }
    expect(problems.length).toBeGreaterThan(0);
  });
});
