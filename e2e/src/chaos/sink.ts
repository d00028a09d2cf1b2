import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sleep } from '../standalone-process';

/** One call that reached the sink. */
export interface EffectCall {
  readonly run: string;
  readonly step: string;
  readonly key: string;
  readonly at: number;
}

/** Longest that the sink takes to answer: so crashes fall before, into and after a call. */
const ANSWER_MS_MAX = 80;

/** The world outside: writes down every call with its key before it answers. */
export class EffectSink {
  readonly calls: EffectCall[] = [];

  private constructor(private readonly server: Server) {}

  static async open(): Promise<EffectSink> {
    const server = createServer();
    const sink = new EffectSink(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const call = JSON.parse(Buffer.concat(chunks).toString()) as Omit<EffectCall, 'at'>;
        sink.calls.push({ ...call, at: Date.now() });
        const wait = (sink.calls.length * 7) % ANSWER_MS_MAX;
        void sleep(wait).then(() => response.end(JSON.stringify({ key: call.key })));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/effects`;
  }

  /** Whether a call with this key came. */
  has(key: string): boolean {
    return this.calls.some((call) => call.key === key);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
