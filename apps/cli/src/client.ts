import { setTimeout } from 'node:timers/promises';
import { Fault, isEndType, type EventView } from '@fermata/contracts';
import type { Connection } from './connection';

/** A problem document that a service answered. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

export type {
  ApprovalView,
  AuditView,
  CheckpointView,
  DecisionView,
  EventView,
  GateView,
  ListedRunView,
  RunDetailView,
  RunView,
  StepView,
} from '@fermata/contracts';

/** Streams lost one after the other until following gives up: services start within a minute. */
const LOSSES_MAX = 60;

/** Speaks to the HTTP edge. */
export class Client {
  constructor(
    private readonly connection: Connection,
    /** How long to wait before a lost stream is asked for again. */
    private readonly reconnectMs = 1_000,
  ) {}

  async get<T>(path: string): Promise<T> {
    return this.ask<T>('GET', path);
  }

  /** All pages of a list, from its first on. */
  async *pages<P extends { readonly next: string | null }>(
    path: string,
    query: Readonly<Record<string, string>> = {},
  ): AsyncGenerator<P> {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const search = new URLSearchParams({ ...query, ...(cursor && { cursor }) });
      const page = await this.get<P>(`${path}?${search}`);
      yield page;
      cursor = page.next;
    }
  }

  async put<T>(path: string, body: unknown): Promise<T> {
    return this.ask<T>('PUT', path, body);
  }

  async post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    return this.ask<T>('POST', path, body, headers);
  }

  /**
   * A run's events behind a sequence, as they come; ends with the run. A stream that is lost, as
   * when the services start anew, is asked for again behind the last event that was seen.
   */
  async *follow(run: string, after = 0): AsyncGenerator<EventView> {
    let [last, isOpen, ended] = [after, false, false];
    for (let losses = 0; !ended; losses++) {
      if (losses > 0) await setTimeout(this.reconnectMs);
      try {
        const answer = await this.stream(run, last);
        // All of the run was seen: there is nothing to follow any more.
        if (answer.status === 204) return;
        isOpen = true;
        for await (const event of eventsIn(answer)) {
          [last, losses] = [event.sequence, 0];
          ended ||= isEndType(event.type);
          yield event;
        }
      } catch (error) {
        const isLost = isOpen && !(error instanceof ApiProblem) && losses < LOSSES_MAX;
        if (!isLost && !ended) throw error;
      }
    }
  }

  private async stream(run: string, after: number): Promise<Response> {
    const headers = { ...this.headers(), 'last-event-id': String(after) };
    const path = `/v1/runs/${encodeURIComponent(run)}/events/stream`;
    const answer = await reach(this.connection.url + path, { headers });
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  }

  private baseOf(path: string): string {
    const { url, approvalsUrl = url } = this.connection;
    return path.startsWith('/v1/approvals') ? approvalsUrl : url;
  }

  private headers(): Record<string, string> {
    return { authorization: `Bearer ${this.connection.token}` };
  }

  private async ask<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await reach(this.baseOf(path) + path, {
      method,
      headers: { ...this.headers(), ...json, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw await problemOf(answer);
    return (await answer.json()) as T;
  }
}

/** Calls a service; one that does not answer is told with its address, and what to do. */
async function reach(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, request);
  } catch (cause) {
    const found = `expected services at ${url}, found none that answers`;
    const remedy = 'start them with "fermata dev", or correct FERMATA_URL';
    throw new Fault('CONFIG_INVALID', `${found}; ${remedy}`, true, { cause });
  }
}

async function problemOf(answer: Response): Promise<ApiProblem> {
  const text = await answer.text();
  try {
    const { code, detail } = JSON.parse(text) as { code: string; detail: string };
    return new ApiProblem(answer.status, code, detail);
  } catch {
    const detail = `expected a problem document with status ${answer.status}, found other text`;
    return new ApiProblem(answer.status, 'INTERNAL', detail);
  }
}

async function* eventsIn(answer: Response): AsyncGenerator<EventView> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data: '));
      if (data !== undefined) yield JSON.parse(data.slice('data: '.length)) as EventView;
    }
  }
}
