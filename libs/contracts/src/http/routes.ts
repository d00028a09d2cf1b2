import { ABOUT_ROUTES } from './about';
import { APPROVAL_ROUTES } from './approvals';
import { DEAD_LETTER_ROUTES } from './dead-letters';
import type { Route } from './route';
import { RUN_ROUTES } from './runs';
import { WORKFLOW_ROUTES } from './workflows';

/** Every route of the HTTP edge. */
export const ROUTES: readonly Route[] = [
  ...RUN_ROUTES,
  ...WORKFLOW_ROUTES,
  ...DEAD_LETTER_ROUTES,
  ...APPROVAL_ROUTES,
  ...ABOUT_ROUTES,
];

/** Methods that are answered at a path, in capitals; none when the path leads nowhere. */
export function methodsAt(path: string): readonly string[] {
  const found = new Set<string>();
  for (const route of PATTERNS) {
    if (!route.pattern.test(path)) continue;
    found.add(route.method.toUpperCase());
    if (route.method === 'get') found.add('HEAD');
  }
  return [...found];
}

/** A gate's id holds slashes, and may stand in a path as it is. */
const SLASHED = new Set(['gate']);

const PATTERNS = ROUTES.map(({ method, path }) => {
  const parts = path.split(/(\{\w+\})/).map((part) => {
    if (!part.startsWith('{')) return part.replaceAll('.', '\\.');
    return SLASHED.has(part.slice(1, -1)) ? '.+' : '[^/]+';
  });
  return { method, pattern: new RegExp(`^${parts.join('')}/?$`) };
});
