/** As much of `semver` as is used here: it brings no types of its own. */
declare module 'semver' {
  export interface SemVer {
    readonly version: string;
    readonly prerelease: readonly (string | number)[];
  }
  export function parse(version: string): SemVer | null;
  export function compareBuild(a: SemVer, b: SemVer): -1 | 0 | 1;
}
