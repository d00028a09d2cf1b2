/** Keys that could reach an object's prototype, at any depth of any JSON. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set([
  '__proto__',
  'constructor',
  'prototype',
]);
