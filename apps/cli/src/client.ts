import { setTimeout } from 'node:timers/promises';
import { Fault, isEndType } from '@fermata/contracts';
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

/** A run as the API shows it. */
export interface RunView {
  readonly run: string;
  readonly workflow: string;
  readonly policy: string;
  readonly status: string;
  readonly requester: string;
  /** How many events it has. */
  readonly sequence: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly output: unknown;
  readonly problem?: { readonly code: string | null; readonly message: string | null };
}

/** A run in a list. */
export interface ListedRunView extends RunView {
  /** Whether it waits for a person. */
  readonly held: boolean;
}

/** A step as the API shows it. */
export interface StepView {
  readonly step: string;
  readonly status: string;
  readonly attempt: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

/** A gate as the API shows it. */
export interface GateView {
  readonly gate: string;
  readonly step: string;
  readonly status: string;
  readonly title: string;
  readonly groups: readonly string[];
  readonly shown: unknown;
  readonly policy: string;
  readonly dueAt: string | null;
}

/** A gate as its approver sees it. */
export interface ApprovalView extends GateView {
  readonly run: string;
  readonly cause: string;
  readonly requester: string;
  readonly shownDigest: string;
  readonly editable: unknown;
  readonly closedAt: string | null;
  readonly decision: DecisionView | null;
}

/** What was decided on a gate. */
export interface DecisionView {
  readonly decision: string;
  readonly approver: string;
  readonly edited: boolean;
  readonly data: unknown;
  readonly reason: string | null;
  readonly at: string | null;
}

/** A checkpoint as the API shows it. */
export interface CheckpointView {
  readonly label: string;
  readonly steps: readonly string[];
  readonly at: string | null;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** A run with its parts. */
export interface RunDetailView extends RunView {
  readonly steps: readonly StepView[];
  readonly gates: readonly GateView[];
  readonly checkpoints: readonly CheckpointView[];
}

/** An event of a run. */
export interface EventView {
  readonly sequence: number;
  readonly type: string;
  readonly at: string;
  readonly actor: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A row of the audit trail. */
export interface AuditView extends EventView {
  readonly policy: string | null;
  readonly position: { readonly partition: number; readonly offset: number };
  readonly hash: string;
}

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
