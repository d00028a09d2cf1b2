import type { IncomingMessage, ServerResponse } from 'node:http';
import { eventsQuery, Fault, partsQuery, runId, runsQuery } from '@fermata/contracts';
import {
  auditOf,
  eventsOf,
  findCheckpoint,
  findLastAttempt,
  findRunHead,
  findStep,
  listAttempts,
  listCheckpoints,
  listRuns,
  listSteps,
  NOT_YET,
  viewRun,
  type RunHead,
} from '@fermata/read-model';
import {
  Caller,
  keyIn,
  nextOf,
  parseQuery,
  ReadingRoom,
  StreamRoom,
  Streams,
  Serves,
  type Identity,
} from '@fermata/service';
import { Controller, Inject, Param, Query, Req, Res } from '@nestjs/common';
import { z } from 'zod';
import { streamAudit } from './audit-stream';
import { EDGE, type Edge } from './edge';
import { streamEvents } from './event-stream';
import {
  attemptView,
  auditView,
  checkpointView,
  detailView,
  eventView,
  inputView,
  listedCheckpointView,
  listedRunView,
  listedStepView,
  stepView,
} from './views';

const at = z.int().min(0);
/** What PostgreSQL calls an int. */
const int = at.max(2 ** 31 - 1);
const text = z
  .string()
  .max(100)
  .regex(/^[^\0]*$/);
/** What the last row of a page is known by, list by list. */
const KEYS = {
  runs: z.tuple([at.nullable(), runId]),
  events: z.tuple([at]),
  audit: z.tuple([int, at]),
  steps: z.tuple([at, text]),
  attempts: z.tuple([at, text, int]),
  checkpoints: z.tuple([at, text]),
};

/** Runs over HTTP: list, read, follow. The tenant is the token's. */
@Controller()
export class RunReadsController {
  private readonly streams = new StreamRoom();
  /** Where streams take their looks by turns; behind their limit none of them is refused. */
  private readonly looks = new ReadingRoom();

  constructor(@Inject(EDGE) private readonly edge: Edge) {}

  @Serves('listRuns')
  async list(@Caller() caller: Identity, @Query() query: unknown) {
    const { cursor, ...filter } = parseQuery(query, runsQuery);
    const key = keyIn(cursor, KEYS.runs);
    const before = key === undefined ? undefined : { startedAt: key[0], run: key[1] };
    const page = await listRuns(this.edge.source, caller.tenant, { ...filter, before });
    const next = nextOf(page, ({ started_at: started, run }) => [number(started), run]);
    return { runs: page.rows.map(listedRunView), next };
  }

  @Serves('readRun')
  async show(@Caller() caller: Identity, @Param('run') run: string) {
    const key = { tenant: caller.tenant, run };
    const found = isRunId(run) ? await viewRun(this.edge.source, key) : null;
    if (found === null) throw notFound('a run of your tenant', run);
    return detailView(found);
  }

  @Serves('listSteps')
  async steps(@Caller() caller: Identity, @Param('run') run: string, @Query() query: unknown) {
    const { cursor, limit } = parseQuery(query, partsQuery);
    const [startedAt, step] = keyIn(cursor, KEYS.steps) ?? [0, ''];
    const head = await this.find(caller, run);
    const page = await listSteps(this.edge.source, head, { startedAt, step }, limit);
    const next = nextOf(page, (row) => [number(row.started_at) ?? NOT_YET, row.step]);
    return { steps: page.rows.map(listedStepView), next };
  }

  @Serves('readStep')
  async step(@Caller() caller: Identity, @Param('run') run: string, @Param('step') step: string) {
    const found = await findStep(this.edge.source, await this.find(caller, run), inText(step));
    if (found === null) throw notFound(`step ${step}`, run);
    return stepView(found);
  }

  @Serves('readStepInput')
  async stepInput(
    @Caller() caller: Identity,
    @Param('run') run: string,
    @Param('step') step: string,
  ) {
    const head = await this.find(caller, run);
    const last = await findLastAttempt(this.edge.source, head, inText(step));
    if (last === null) throw notFound(`an attempt of step ${step}`, run);
    return inputView(last, head);
  }

  @Serves('listAttempts')
  async attempts(@Caller() caller: Identity, @Param('run') run: string, @Query() query: unknown) {
    const { cursor, limit } = parseQuery(query, partsQuery);
    const [scheduledAt, step, attempt] = keyIn(cursor, KEYS.attempts) ?? [0, '', 0];
    const after = { scheduledAt, step, attempt };
    const page = await listAttempts(this.edge.source, await this.find(caller, run), after, limit);
    const next = nextOf(page, (row) => {
      return [number(row.scheduled_at) ?? NOT_YET, row.step, row.attempt];
    });
    return { attempts: page.rows.map(attemptView), next };
  }

  @Serves('listCheckpoints')
  async checkpoints(
    @Caller() caller: Identity,
    @Param('run') run: string,
    @Query() query: unknown,
  ) {
    const { cursor, limit } = parseQuery(query, partsQuery);
    const [sequence, label] = keyIn(cursor, KEYS.checkpoints) ?? [0, ''];
    const head = await this.find(caller, run);
    const page = await listCheckpoints(this.edge.source, head, { sequence, label }, limit);
    const next = nextOf(page, (row) => [Number(row.sequence), row.label]);
    return { checkpoints: page.rows.map(listedCheckpointView), next };
  }

  @Serves('readCheckpoint')
  async checkpoint(
    @Caller() caller: Identity,
    @Param('run') run: string,
    @Param('label') label: string,
  ) {
    const head = await this.find(caller, run);
    const found = await findCheckpoint(this.edge.source, head, inText(label));
    if (found === null) throw notFound(`checkpoint ${label}`, run);
    return checkpointView(found.checkpoint, found.steps);
  }

  @Serves('listEvents')
  async events(@Caller() caller: Identity, @Param('run') run: string, @Query() query: unknown) {
    const { after, cursor, limit } = parseQuery(query, eventsQuery);
    const [behind = 0] = keyIn(cursor, KEYS.events) ?? [];
    const head = await this.find(caller, run);
    const page = await eventsOf(this.edge.source, head, Math.max(after, behind), {
      rowsMax: limit,
    });
    return {
      events: page.rows.map(eventView),
      next: nextOf(page, (row) => [Number(row.sequence)]),
    };
  }

  @Serves('followRun')
  @Streams()
  async stream(
    @Caller() caller: Identity,
    @Param('run') run: string,
    @Req() request: IncomingMessage,
    @Res() answer: ServerResponse,
  ) {
    const head = await this.find(caller, run);
    await this.streaming(caller, () => streamEvents(this.edge, this.looks, head, request, answer));
  }

  @Serves('listAudit')
  async audit(@Caller() caller: Identity, @Param('run') run: string, @Query() query: unknown) {
    const { cursor, limit } = parseQuery(query, partsQuery);
    const head = await this.find(caller, run);
    const page = await auditOf(this.edge.source, head, placeIn(cursor), { rowsMax: limit });
    const next = nextOf(page, (row) => [row.partition, Number(row.offset)]);
    return { audit: page.rows.map(auditView), next };
  }

  @Serves('readAudit')
  @Streams()
  async auditStream(
    @Caller() caller: Identity,
    @Param('run') run: string,
    @Res() answer: ServerResponse,
  ) {
    const head = await this.find(caller, run);
    await this.streaming(caller, () =>
      streamAudit(this.edge, this.looks, head, placeIn(undefined), answer),
    );
  }

  private async streaming(caller: Identity, stream: () => Promise<void>): Promise<void> {
    const leave = this.streams.enter(caller.tenant);
    try {
      await stream();
    } finally {
      leave();
    }
  }

  private async find({ tenant }: Identity, run: string): Promise<RunHead> {
    const found = isRunId(run) ? await findRunHead(this.edge.source, { tenant, run }) : null;
    if (found === null) throw notFound('a run of your tenant', run);
    return found;
  }
}

/** The place in the log behind which a page of the audit trail begins. */
function placeIn(cursor: string | undefined): { partition: number; offset: number } {
  const [partition, offset] = keyIn(cursor, KEYS.audit) ?? [0, -1];
  return { partition, offset };
}

/** What is not there, in words. */
export function notFound(expected: string, run: string): Fault {
  return new Fault('NOT_FOUND', `expected ${expected}, found none for "${run}"; check the id`);
}

/** What is no id names nothing: it is not asked for. */
export function isRunId(run: string): boolean {
  return runId.safeParse(run).success;
}

/** A name that a path brings: text in PostgreSQL holds any character but this one. */
function inText(name: string): string {
  return name.replaceAll('\u0000', '\ufffd');
}

function number(text: string | null): number | null {
  return text === null ? null : Number(text);
}
