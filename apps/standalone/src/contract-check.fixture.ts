import { isDeepStrictEqual } from 'node:util';
import { problem, routeAt } from '@fermata/contracts';

/** What was answered. */
interface Answered {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

/**
 * Holds an answer to the route that gave it: its status must be one of the route's, and its body
 * must be the view of that status, with no field more.
 */
export function checkAnswer(method: string, url: string, { status, type, body }: Answered): void {
  const [path = ''] = url.split('?');
  const isProblem = type.startsWith('application/problem+json');
  const route = routeAt(method, path);
  const view = isProblem ? problem : route?.answers[status]?.view;
  const place = `${method} ${path} with ${status}`;
  if (view === undefined) throw new Error(`expected an answer of the contract, found ${place}`);
  const parsed = view.safeParse(body);
  if (parsed.success && isDeepStrictEqual(parsed.data, body)) return;
  const why = parsed.success ? 'has fields that its view has not' : parsed.error.message;
  throw new Error(`expected the view of ${place}, found ${JSON.stringify(body)}: ${why}`);
}
