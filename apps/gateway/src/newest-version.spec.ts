import fc from 'fast-check';
import { compareVersions, newestVersion } from './newest-version';

describe('the newest version', () => {
  it.each([
    ['a release before its pre-releases', ['2.0.0-rc.1', '2.0.0', '2.0.0-beta'], '2.0.0'],
    ['an older release before a newer pre-release', ['1.9.0', '2.0.0-rc.1'], '1.9.0'],
    ['the newest pre-release where there is no release', ['1.0.0-a', '1.0.0-b.2'], '1.0.0-b.2'],
    ['numbers as numbers', ['1.9.0', '1.10.0', '1.2.10'], '1.10.0'],
    ['a build as no newer than its release', ['1.0.0', '1.0.0+build.9'], '1.0.0'],
    ['a build below a newer release', ['1.0.0+zzz', '1.0.1'], '1.0.1'],
    ['what is no Semantic Version as people count', ['9', '10', '8'], '10'],
    ['and as older than what is one', ['2024-11', '0.1.0'], '0.1.0'],
  ])('counts %s', (_, versions, newest) => {
    expect(newestVersion(versions)).toBe(newest);
    expect(newestVersion([...versions].reverse())).toBe(newest);
  });

  it('is none of none', () => {
    expect(newestVersion([])).toBeUndefined();
  });
});

describe('the order of versions', () => {
  it('is that of Semantic Versioning 2.0', () => {
    const rising = [
      ...['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2'],
      ...['1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '2.0.0', '2.1.0', '2.1.1'],
    ];
    expect([...rising].reverse().sort(compareVersions)).toEqual(rising);
  });

  it('is total, whatever the versions are', () => {
    const part = fc.constantFrom('0', '1', '10', '2', 'a', 'rc', '-', '.', '+');
    const version = fc.oneof(
      fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('')),
      fc.constantFrom('1.0.0', '1.0.0-rc.1', '1.0.0+a', '1.0.0+b', '01.0.0', 'v1.0.0'),
    );
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)));
        expect(compareVersions(a, b) === 0).toBe(a === b);
        const [low, middle, high] = [a, b, c].sort(compareVersions) as [string, string, string];
        expect(compareVersions(low, middle)).toBeLessThanOrEqual(0);
        expect(compareVersions(low, high)).toBeLessThanOrEqual(0);
        expect(compareVersions(middle, high)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2_000 },
    );
  });
});
