import { setTimeout } from 'node:timers/promises';
import {
  createClient,
  Fault,
  isEndType,
  requestOf,
  type EventView,
  type HttpClient,
  type HttpRequest,
} from '@fermata/contracts';
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
export class Client implements HttpClient {
  readonly ask: HttpClient['ask'];
  readonly pages: HttpClient['pages'];

  constructor(
    private readonly connection: Connection,
    /** How long to wait before a lost stream is asked for again. */
    private readonly reconnectMs = 1_000,
  ) {
    const http = createClient(async (request) => (await this.answer(request)).json());
    this.ask = http.ask;
    this.pages = http.pages;
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
    const headers = { 'Last-Event-ID': String(after) };
    return this.answer(requestOf('followRun', { path: { run }, headers }));
  }

  private async answer({ route, path, method, headers, body }: HttpRequest): Promise<Response> {
    const { url, approvalsUrl = url, token } = this.connection;
    const base = route.service === 'approval-service' ? approvalsUrl : url;
    const answer = await reach(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    if (!answer.ok) throw await problemOf(answer);
    return answer;
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
