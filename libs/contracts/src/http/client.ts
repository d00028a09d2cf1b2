import type { z } from 'zod';
import type { Method, Route } from './route';
import { routeOf, type RouteId, type RouteOf } from './routes';

type ParameterIn<P extends string> = P extends `${string}{${infer N}}${infer Rest}`
  ? N | ParameterIn<Rest>
  : never;
type PathPart<P extends string> = [ParameterIn<P>] extends [never]
  ? unknown
  : { readonly path: Readonly<Record<ParameterIn<P>, string>> };
type QueryPart<R> = R extends { readonly query: infer Q extends z.ZodType }
  ? { readonly query?: { readonly [K in keyof z.output<Q>]?: z.output<Q>[K] | undefined } }
  : unknown;
type BodyPart<R> = R extends { readonly body: infer B extends z.ZodType }
  ? { readonly body: z.input<B> }
  : unknown;
type HeaderPart<R> = R extends { readonly headers: readonly (infer H extends string)[] }
  ? { readonly headers?: Readonly<Partial<Record<H, string>>> }
  : unknown;
type ViewIn<A> = A extends { readonly view: infer V extends z.ZodType } ? z.output<V> : never;

/** What is said in a call of a route: its parameters, query, body and headers. */
export type CallOf<I extends RouteId> = PathPart<RouteOf<I>['path']> &
  QueryPart<RouteOf<I>> &
  BodyPart<RouteOf<I>> &
  HeaderPart<RouteOf<I>>;

/** What a route answers when all is well. */
export type AnswerOf<I extends RouteId> = {
  [S in keyof RouteOf<I>['answers']]: ViewIn<RouteOf<I>['answers'][S]>;
}[keyof RouteOf<I>['answers']];

/** Name of a route that gives a list, page by page. */
export type ListId = {
  [I in RouteId]: AnswerOf<I> extends { readonly next: string | null } ? I : never;
}[RouteId];

/** Parts of a call, whatever its route. */
export interface CallParts {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** A request as it goes out; the token and the address are the sender's. */
export interface HttpRequest {
  readonly route: Route;
  readonly method: Uppercase<Method>;
  /** Path with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The path of a route with its parameters filled in. */
export function pathTo(id: RouteId, parameters: CallParts['path'] = {}): string {
  return routeOf(id).path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined) throw new Error(`expected a value for ${name} of ${id}, found none`);
    return encodeURIComponent(value);
  });
}

/** The request that a call makes. */
export function requestOf(
  id: RouteId,
  { path, query = {}, body, headers }: CallParts,
): HttpRequest {
  const route = routeOf(id);
  const search = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return {
    route,
    method: METHODS[route.method],
    path: [pathTo(id, path), ...(search.length > 0 ? [search.join('&')] : [])].join('?'),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...said(headers),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

const METHODS = { get: 'GET', post: 'POST', put: 'PUT' } as const;

function said(headers: CallParts['headers'] = {}): Record<string, string> {
  const known = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(known);
}

/** Calls routes by their names, and knows what each is told and answers. */
export interface HttpClient {
  /** The answer of a route; what is a problem is the sender's to throw. */
  ask<I extends RouteId>(id: I, call: CallOf<I> & CallParts): Promise<AnswerOf<I>>;
  /** All pages of a list, from its first or the call's own cursor on. */
  pages<I extends ListId>(id: I, call: CallOf<I> & CallParts): AsyncGenerator<AnswerOf<I>>;
}

/**
 * A client of the HTTP edge. It works wherever something can send a request, in a browser too:
 * `send` brings the address and the token, and gives the JSON of an answer.
 */
export function createClient(send: (request: HttpRequest) => Promise<unknown>): HttpClient {
  // What a service answers is held to its view by its own tests: newer fields pass through here.
  const ask = async <I extends RouteId>(id: I, call: CallParts) =>
    (await send(requestOf(id, call))) as AnswerOf<I>;
  return {
    ask,
    async *pages<I extends ListId>(id: I, call: CallParts) {
      let query = call.query;
      for (;;) {
        const page = await ask(id, { ...call, ...(query && { query }) });
        yield page;
        // A service that leaves `next` out has no more pages either.
        const { next } = page as { readonly next?: string | null };
        if (next === undefined || next === null) return;
        query = { ...query, cursor: next };
      }
    },
  };
}
