import {
  digest,
  name,
  recordKey,
  attemptId,
  gateId,
  runId,
  runKey,
  pathOf,
  stepId,
  tenantId,
  timestamp,
  version,
} from './ids';
import { partitionOf } from './partition';

const takes = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success;

describe('a tenant', () => {
  it.each(['a', 'acme', 'acme-2', '0', 'a'.repeat(63)])('may be %s', (id) => {
    expect(takes(tenantId, id)).toBe(true);
  });
  it.each([
    '',
    'Acme',
    '-acme',
    'acme-',
    'a/b',
    'a b',
    'a.b',
    'ä',
    'acme\n',
    'a\u0000',
    'a'.repeat(64),
  ])('may not be %j', (id) => {
    expect(takes(tenantId, id)).toBe(false);
  });
});

describe('a run', () => {
  it('has a key of letters, digits, dots, underscores and hyphens, up to 100', () => {
    for (const key of ['r', 'LA-2026.01_x', '9'.repeat(100)]) expect(takes(runKey, key)).toBe(true);
    for (const key of ['', '-r', '.r', 'a~2', 'a/b', 'a b', 'a#1', 'r\n', '9'.repeat(101)]) {
      expect(takes(runKey, key)).toBe(false);
    }
  });

  it('has its key as its id, and from its second life on a number', () => {
    for (const id of ['r', 'r~2', 'r~999999999']) expect(takes(runId, id)).toBe(true);
    for (const id of ['r~', 'r~0', 'r~02', 'r~1~2', '~2', 'r~x', 'r~1000000000']) {
      expect(takes(runId, id)).toBe(false);
    }
  });

  it('lives in one partition in all its lives', () => {
    expect(recordKey('acme', 'run-1')).toBe('acme/run-1');
    expect(recordKey('acme', 'run-1~7')).toBe('acme/run-1');
    expect(partitionOf(recordKey('acme', 'r~2'), 24)).toBe(partitionOf(recordKey('acme', 'r'), 24));
  });

  it('has a key of its own beside every other tenant’s', () => {
    expect(recordKey('acme', 'r')).not.toBe(recordKey('acme-2', 'r'));
    // A slash in neither part keeps a/b + c apart from a + b/c.
    expect(takes(tenantId, 'a/b') || takes(runKey, 'b/c')).toBe(false);
  });

  it('gives its attempts and gates their ids, the same each time', () => {
    expect(attemptId('r~2', pathOf('count'), 3)).toBe('r~2/count/3');
    expect(gateId('r', pathOf('review'), 1)).toBe('r/review/gate-1');
  });
});

describe('a step', () => {
  it.each(['a', 'parse_documents', 'Step2', 'x'.repeat(64)])('may be named %s', (id) => {
    expect(takes(stepId, id)).toBe(true);
  });
  it.each(['', '2a', '_a', 'a-b', 'a.b', 'a b', '__proto__', 'ä', 'a\n', 'x'.repeat(65)])(
    'may not be named %j: expressions could not speak of it',
    (id) => {
      expect(takes(stepId, id)).toBe(false);
    },
  );
});

describe('a definition', () => {
  it('has a name that begins with a letter', () => {
    for (const good of ['loan-approval', 'a.b_c', 'N'.repeat(100)])
      expect(takes(name, good)).toBe(true);
    for (const bad of ['', '1a', '-a', 'a/b', 'a@1', 'a b', '__proto__', 'N'.repeat(101)]) {
      expect(takes(name, bad)).toBe(false);
    }
  });

  it('has a version without spaces or @', () => {
    for (const good of ['1', '1.0.0', '2026-11-23', '1.0.0-rc.1+b5'])
      expect(takes(version, good)).toBe(true);
    for (const bad of ['', '.1', '1 0', '1@2', '1/2', '1'.repeat(41)])
      expect(takes(version, bad)).toBe(false);
  });

  it('has a hash of 64 lower-case hex digits', () => {
    expect(takes(digest, 'a0'.repeat(32))).toBe(true);
    for (const bad of ['A0'.repeat(32), 'a0'.repeat(31), 'g0'.repeat(32), `${'a0'.repeat(32)}\n`]) {
      expect(takes(digest, bad)).toBe(false);
    }
  });
});

describe('a moment', () => {
  it('is a whole number of milliseconds from 1970 on', () => {
    for (const good of [0, 1_700_000_000_000]) expect(takes(timestamp, good)).toBe(true);
    for (const bad of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '0', null]) {
      expect(takes(timestamp, bad)).toBe(false);
    }
  });
});
