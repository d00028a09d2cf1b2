import type { IncomingMessage } from 'node:http';
import {
  ERROR_CODES,
  Fault,
  methodsAt,
  type ErrorCode,
  type Problem,
  type RejectionKind,
} from '@fermata/contracts';
import {
  Catch,
  HttpException,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';

/** The part of a response that is used here. */
interface Answer {
  status(status: number): Answer;
  type(type: string): Answer;
  set(name: string, value: string): Answer;
  send(body: string): void;
  readonly headersSent: boolean;
  readonly destroyed: boolean;
}

const STATUS: Readonly<Record<RejectionKind, number>> = {
  INVALID_ARGUMENT: 400,
  NOT_FOUND: 404,
  ALREADY_DONE: 409,
  INVALID_STATE: 409,
  FORBIDDEN: 403,
  LIMIT_EXCEEDED: 413,
  UNAVAILABLE: 503,
};

/** HTTP status of a code. */
export function statusOf(code: ErrorCode): number {
  if (code === 'TOKEN_INVALID') return 401;
  if (code === 'OVERLOADED') return 429;
  return STATUS[ERROR_CODES[code]];
}

/** The problem document of a code. */
export function problemOf(code: ErrorCode, detail: string): Problem {
  const title = code.charAt(0) + code.slice(1).toLowerCase().replaceAll('_', ' ');
  return { type: `urn:fermata:error:${code}`, title, status: statusOf(code), code, detail };
}

/** Answers every error as a problem document; what is not a fault says nothing of our inside. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const [request, answer] = [http.getRequest<IncomingMessage>(), http.getResponse<Answer>()];
    // Who went away while sending, or before the answer, is told nothing; nor is it a defect.
    const isGone = answer.destroyed || (request.destroyed && !request.complete);
    if (answer.headersSent || (isGone && !(error instanceof Fault))) return;
    const allowed = error instanceof HttpException ? elsewhere(error, request) : [];
    const problem =
      allowed.length > 0 ? notThisMethod(request, allowed) : this.problemFor(error, request);
    if (problem.status === 405) answer.set('Allow', allowed.join(', '));
    if (problem.status === 401) answer.set('WWW-Authenticate', 'Bearer');
    if (problem.status === 429 || problem.status === 503) answer.set('Retry-After', '1');
    answer.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }

  private problemFor(error: unknown, { method, url }: IncomingMessage): Problem {
    if (error instanceof Fault) return problemOf(error.code, error.message);
    if (error instanceof HttpException && error.getStatus() < 500) {
      const status = error.getStatus();
      if (status !== 404) return { ...problemOf('COMMAND_MALFORMED', error.message), status };
      const found = `expected a route of this service, found none for ${method} ${pathOf(url)}`;
      return problemOf('NOT_FOUND', `${found}; see /openapi.json`);
    }
    this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const detail = 'expected to answer this request, found a defect; it is in the service log';
    return { type: 'about:blank', title: 'Internal error', status: 500, code: 'INTERNAL', detail };
  }
}

function pathOf(url = '/'): string {
  return url.split('?')[0] ?? '/';
}

/** Methods that the path of a request answers, when its own is none of them. */
function elsewhere(error: HttpException, { method = '', url }: IncomingMessage): readonly string[] {
  const methods = error.getStatus() === 404 ? methodsAt(pathOf(url)) : [];
  return methods.includes(method) ? [] : methods;
}

function notThisMethod({ method, url }: IncomingMessage, allowed: readonly string[]): Problem {
  const found = `expected ${allowed.join(' or ')} at ${pathOf(url)}, found ${method}`;
  return { ...problemOf('COMMAND_MALFORMED', `${found}; see /openapi.json`), status: 405 };
}
