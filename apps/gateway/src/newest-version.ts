/// <reference path="./semver.d.ts" />
import { BoundedCache } from '@fermata/service';
import { compareBuild, parse as parseVersion, type SemVer } from 'semver';

/** Each start without a version orders all there are: what was read once is not read again. */
const KNOWN = new BoundedCache<SemVer | null>(20_000);

function parse(version: string): SemVer | null {
  const known = KNOWN.get(version);
  if (known !== undefined) return known;
  const read = parseVersion(version);
  KNOWN.set(version, read, 1);
  return read;
}

/**
 * Orders versions from old to new by the precedence of Semantic Versioning 2.0. Versions that it
 * does not know, such as `7` or `2024-11`, are older than all that it does, and stand among
 * themselves as people count. Equal in precedence, a build is newer than none: only so that
 * everybody agrees on an order.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  if (left !== null && right !== null) return compareBuild(left, right) || inText(a, b);
  if (left === null && right === null) return asCounted(a, b);
  return left === null ? -1 : 1;
}

/**
 * The version that is meant when none is said: the newest release, and only where there is none
 * the newest pre-release. A build of a release is the release itself.
 */
export function newestVersion(versions: readonly string[]): string | undefined {
  const rising = [...versions].sort(compareVersions);
  const release = rising.findLast((one) => !isPrerelease(parse(one)));
  if (release === undefined) return rising.at(-1);
  const known = parse(release);
  // Of builds that are equal in precedence the plain one counts.
  return known === null ? release : (rising.find((one) => one === known.version) ?? release);
}

function isPrerelease(version: SemVer | null): boolean {
  return version !== null && version.prerelease.length > 0;
}

function inText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `9` before `10`, without a locale: the order must be the same on every machine. */
function asCounted(a: string, b: string): number {
  // Numbers stand at odd places: what is split by is kept.
  const [left, right] = [a.split(/(\d+)/), b.split(/(\d+)/)];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const [one = '', other = ''] = [left[at], right[at]];
    if (one === other) continue;
    const difference = at % 2 === 1 ? BigInt(one) - BigInt(other) : 0n;
    return difference === 0n ? inText(one, other) : difference < 0n ? -1 : 1;
  }
  return left.length - right.length;
}
