import { ERROR_CODES, Fault, type ErrorCode, type RejectionKind } from '@fermata/contracts';
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

/** A problem document (RFC 9457) with Fermata's code. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
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
    const answer = host.switchToHttp().getResponse<Answer>();
    if (answer.headersSent) return;
    const problem = this.problemFor(error);
    if (problem.status === 401) answer.set('WWW-Authenticate', 'Bearer');
    if (problem.status === 429 || problem.status === 503) answer.set('Retry-After', '1');
    answer.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }

  private problemFor(error: unknown): Problem {
    if (error instanceof Fault) return problemOf(error.code, error.message);
    if (error instanceof HttpException && error.getStatus() < 500) {
      const status = error.getStatus();
      const code = status === 404 ? 'NOT_FOUND' : 'COMMAND_MALFORMED';
      return { ...problemOf(code, error.message), status };
    }
    this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const detail = 'expected to answer this request, found a defect; it is in the service log';
    return { type: 'about:blank', title: 'Internal error', status: 500, code: 'INTERNAL', detail };
  }
}
