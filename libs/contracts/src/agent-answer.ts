import { Fault, type ErrorCode } from './error-codes';
import type { Json } from './json';
import { placeOf, toJson } from './to-json';

/** What is too much keeps the code that says so; the rest is an answer that is no JSON. */
const TOO_MUCH: ReadonlySet<ErrorCode> = new Set([
  'JSON_TOO_DEEP',
  'LIMIT_EXCEEDED',
  'PAYLOAD_TOO_LARGE',
]);

/**
 * What a function agent gave, as a copy in JSON: what the agent does to its own later changes
 * nothing. An agent that gave nothing gave null. What JSON can't keep is a fault that is not to be
 * retried: the same code would answer the same again.
 */
export function answerOf(output: unknown): Json {
  const answer = toJson(output === undefined ? null : output);
  if (answer.ok) return answer.value;
  const { code, path, found } = answer;
  const message = `expected of the agent JSON at ${placeOf(path)}, found ${found}`;
  throw new Fault(TOO_MUCH.has(code) ? code : 'CONTRACT_VIOLATED', message);
}
