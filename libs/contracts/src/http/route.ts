import type { z } from 'zod';
import type { Identity } from '../keys';

/** What somebody may do. */
export type Role = Identity['roles'][number];

/** A method that a route answers. */
export type Method = 'get' | 'post' | 'put';

/** What a route answers under a status. */
export interface AnswerShape {
  readonly description: string;
  /** Schema of the body in JSON, if there is one. */
  readonly view?: z.ZodType;
  /** Another type than JSON that the answer may have. */
  readonly media?: string;
}

/** A route of the HTTP edge: what the controllers, the OpenAPI document and clients agree on. */
export interface Route {
  /** Name of the operation, for clients that are made from the OpenAPI document. */
  readonly id: string;
  readonly method: Method;
  /** Path with its parameters in braces. */
  readonly path: string;
  readonly summary: string;
  /** Whether anybody may ask, without a token. */
  readonly isOpen?: boolean;
  /** The service that answers it; the gateway unless another is named. */
  readonly service?: 'approval-service';
  /** Roles of which the caller needs one; without them any token will do. */
  readonly roles?: readonly Role[];
  readonly query?: z.ZodObject;
  /** Headers that the route heeds. */
  readonly headers?: readonly ('Idempotency-Key' | 'Last-Event-ID')[];
  readonly body?: z.ZodType;
  readonly answers: Readonly<Record<number, AnswerShape>>;
}

/** A route that gives one view with 200. */
export function reads<V extends z.ZodType>(view: V) {
  return { 200: { description: 'What was asked for', view } } as const;
}

/** A route that carries out a request to change something. */
export function does<V extends z.ZodType>(view: V) {
  return {
    200: { description: 'Done', view },
    202: { description: 'Stored; what comes of it is not known yet', view },
  } as const;
}
