import { ABOUT_ROUTES } from './about';
import { APPROVAL_ROUTES } from './approvals';
import { DEAD_LETTER_ROUTES } from './dead-letters';
import type { Route } from './route';
import { RUN_ROUTES } from './runs';
import { WORKFLOW_ROUTES } from './workflows';

const ALL = [
  ...RUN_ROUTES,
  ...WORKFLOW_ROUTES,
  ...DEAD_LETTER_ROUTES,
  ...APPROVAL_ROUTES,
  ...ABOUT_ROUTES,
] as const;

/** Every route of the HTTP edge. */
export const ROUTES: readonly Route[] = ALL;

type Known = (typeof ALL)[number];
/** Name of a route. */
export type RouteId = Known['id'];
/** The route of a name, with the types of its parts. */
export type RouteOf<I extends RouteId> = Extract<Known, { readonly id: I }>;

const BY_ID: ReadonlyMap<string, Route> = new Map(ROUTES.map((route) => [route.id, route]));

/** The route of a name. */
export function routeOf(id: RouteId): Route {
  const found = BY_ID.get(id);
  if (found === undefined) throw new Error(`expected a route "${id}", found none`);
  return found;
}

/** The route that answers a method at a path, if there is one. */
export function routeAt(method: string, path: string): Route | undefined {
  const asked = method === 'HEAD' ? 'GET' : method;
  return PATTERNS.find(
    ({ route, pattern }) => route.method.toUpperCase() === asked && pattern.test(path),
  )?.route;
}

/** Methods that are answered at a path, in capitals; none when the path leads nowhere. */
export function methodsAt(path: string): readonly string[] {
  const found = new Set<string>();
  for (const { route, pattern } of PATTERNS) {
    if (!pattern.test(path)) continue;
    found.add(route.method.toUpperCase());
    if (route.method === 'get') found.add('HEAD');
  }
  return [...found];
}

/** A gate's id holds slashes, and may stand in a path as it is. */
export const SLASHED: ReadonlySet<string> = new Set(['gate']);

const PATTERNS = ROUTES.map((route) => {
  const parts = route.path.split(/(\{\w+\})/).map((part) => {
    if (!part.startsWith('{')) return part.replaceAll('.', '\\.');
    return SLASHED.has(part.slice(1, -1)) ? '.+' : '[^/]+';
  });
  return { route, pattern: new RegExp(`^${parts.join('')}/?$`) };
});
