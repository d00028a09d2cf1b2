import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { ProblemFilter } from './problem-filter';
import { ReadTurns } from './read-turns';

/** How long a client may take to send what it began to send. */
export interface EdgeTimes {
  /** All headers of a request: they are small. */
  readonly headersMs: number;
  /** A whole request: a body of the largest size, over a slow line. */
  readonly requestMs: number;
  /** How often the server looks for those that are late. */
  readonly lookEveryMs: number;
}

const TIMES: EdgeTimes = { headersMs: 10_000, requestMs: 30_000, lookEveryMs: 5_000 };

/** An HTTP server that lets go of half-sent requests. */
class EdgeAdapter extends ExpressAdapter {
  private server: Server | undefined;

  constructor(private readonly times: EdgeTimes) {
    super();
  }

  override initHttpServer(): void {
    const { headersMs, requestMs, lookEveryMs } = this.times;
    const options = {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: lookEveryMs,
    };
    this.server = createServer(options, this.getInstance());
    this.setHttpServer(this.server);
  }

  /** A stream of events lasts as long as its run: a stop does not wait for it. */
  override close() {
    this.server?.closeAllConnections();
    return super.close();
  }
}

/** The HTTP edge of a service, the same for all: limits, headers, and errors as problems. */
export async function createEdge(
  module: DynamicModule,
  times: EdgeTimes = TIMES,
): Promise<INestApplication> {
  const adapter = new EdgeAdapter(times);
  adapter.disable('x-powered-by');
  // Nothing here is kept by anybody on the way, so that nothing needs a tag to be compared by.
  adapter.disable('etag');
  const app = await NestFactory.create(module, adapter, {
    bodyParser: false,
    logger: ['warn', 'error', 'fatal'],
  });
  app.use(protect);
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalInterceptors(new ReadTurns());
  return app;
}

/** Answers are data for programs: no browser may guess their type, show, frame or keep them. */
const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
} as const;

function protect(_: IncomingMessage, answer: ServerResponse, next: () => void): void {
  for (const [name, value] of Object.entries(HEADERS)) answer.setHeader(name, value);
  next();
}
