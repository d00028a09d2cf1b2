import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Fault,
  json,
  reference,
  name,
  runId,
  runKey,
  runStatus,
  type CommandType,
  type Json,
} from '@fermata/contracts';
import { auditOf, eventsOf, findRun, listRuns, type RunDetail } from '@fermata/read-model';
import {
  askFor,
  Caller,
  idempotencyKeyOf,
  parseBody,
  parseQuery,
  requireRole,
  runOfKey,
  TokenGuard,
  type CallersKey,
  type Identity,
} from '@fermata/service';
import { Controller, Get, Inject, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { findDeployment } from './deployments';
import { EDGE, projectionOf, type Edge } from './edge';
import { streamEvents } from './event-stream';
import { replayRun } from './replay';
import { auditView, checkpointView, detailView, eventView, runView, stepView } from './views';

/** What starts a run. */
export const startBody = z.strictObject({
  workflow: z.union([reference, name]),
  input: json,
  key: runKey.optional(),
});

/** Why a run is cancelled, paused, resumed or released. */
export const controlBody = z.strictObject({ reason: z.string().max(4_096).optional() });

const CONTROLS = {
  cancel: ['CancelRun', 'requester'],
  pause: ['PauseRun', 'operator'],
  resume: ['ResumeRun', 'operator'],
  release: ['ReleaseRun', 'operator'],
} as const satisfies Record<string, readonly [CommandType, Identity['roles'][number]]>;

const PAGE_MAX = 1_000;
const page = (fallback: number) => z.coerce.number().int().min(1).max(PAGE_MAX).default(fallback);

const listQuery = z.object({
  status: runStatus.optional(),
  workflow: name.optional(),
  /** The `next` of the page before. */
  before: z.templateLiteral([z.int().min(0), '/', runId]).optional(),
  limit: page(50),
});

const eventsQuery = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: page(PAGE_MAX),
});

const SOURCE = 'fermata/gateway';

/** The response of the platform, as far as it is used here. */
interface Answer extends ServerResponse {
  status(code: number): Answer;
  json(body: unknown): void;
}

/** Runs over HTTP: start, list, read, follow, control. The tenant is the token's. */
@Controller('v1/runs')
@UseGuards(TokenGuard)
export class RunsController {
  constructor(@Inject(EDGE) private readonly edge: Edge) {}

  @Post()
  async start(@Caller() caller: Identity, @Req() request: IncomingMessage, @Res() answer: Answer) {
    requireRole(caller, 'requester');
    const body = await parseBody(request, startBody);
    const {
      name: workflow,
      version,
      hash,
    } = await findDeployment(this.edge.log, caller.tenant, body.workflow);
    const { workflow: asked, input } = body;
    const key = keyOf(request, 'start', { workflow: asked, input, key: body.key ?? null });
    const run = body.key ?? (key === undefined ? newRunKey(workflow) : runOfKey(caller, key));
    const outcome = await askFor(this.edge.desk, projectionOf(this.edge), {
      type: 'StartRun',
      run,
      data: { workflow: { name: workflow, version, hash }, asked, input },
      caller,
      source: SOURCE,
      key,
      traceparent: request.headers['traceparent']?.toString(),
    });
    const started = outcome?.event.run ?? run;
    answer.setHeader('Location', `/v1/runs/${started}`);
    const isNew = outcome?.event.type === 'RunStarted';
    answer.status(outcome === null ? 202 : isNew ? 201 : 200).json({ run: started });
  }

  @Get()
  async list(@Caller() caller: Identity, @Query() query: unknown) {
    const { before: cursor, ...filter } = parseQuery(query, listQuery);
    const { limit } = filter;
    const [startedAt = '', run = ''] = cursor?.split('/') ?? [];
    const before = cursor === undefined ? undefined : { startedAt, run };
    const rows = await listRuns(this.edge.source, caller.tenant, { ...filter, before });
    const last = rows.length === limit ? rows.at(-1) : undefined;
    const next = last === undefined ? null : `${last.started_at}/${last.run}`;
    return { runs: rows.map((row) => ({ ...runView(row), held: row.held })), next };
  }

  @Get(':run')
  async show(@Caller() caller: Identity, @Param('run') run: string) {
    return detailView(await this.find(caller, run));
  }

  @Get(':run/steps')
  async steps(@Caller() caller: Identity, @Param('run') run: string) {
    return { steps: (await this.find(caller, run)).steps.map(stepView) };
  }

  @Get(':run/steps/:step/input')
  async stepInput(
    @Caller() caller: Identity,
    @Param('run') run: string,
    @Param('step') step: string,
  ) {
    const { attempts, run: row } = await this.find(caller, run);
    const last = attempts.filter((attempt) => attempt.step === step).at(-1);
    if (last === undefined) throw notFound(`an attempt of step ${step}`, run);
    const { definition, workflow, version } = row;
    const input: unknown = JSON.parse(last.input ?? 'null');
    return { step, attempt: last.attempt, input, definition, workflow: `${workflow}@${version}` };
  }

  @Get(':run/checkpoints')
  async checkpoints(@Caller() caller: Identity, @Param('run') run: string) {
    const { checkpoints, steps } = await this.find(caller, run);
    return { checkpoints: checkpoints.map((row) => checkpointView(row, steps)) };
  }

  @Get(':run/events')
  async events(@Caller() caller: Identity, @Param('run') run: string, @Query() query: unknown) {
    await this.find(caller, run);
    const { after, limit } = parseQuery(query, eventsQuery);
    const rows = await eventsOf(this.edge.source, caller.tenant, run, after, limit);
    return { events: rows.map(eventView) };
  }

  @Get(':run/events/stream')
  async stream(
    @Caller() caller: Identity,
    @Param('run') run: string,
    @Req() request: IncomingMessage,
    @Res() answer: ServerResponse,
  ) {
    const found = await this.find(caller, run);
    await streamEvents(this.edge, found.run, request, answer);
  }

  @Get(':run/audit')
  async audit(@Caller() caller: Identity, @Param('run') run: string) {
    await this.find(caller, run);
    const rows = await auditOf(this.edge.source, caller.tenant, run, 10 * PAGE_MAX);
    return { audit: rows.map(auditView) };
  }

  @Post(':run/replay')
  async replay(@Caller() caller: Identity, @Param('run') run: string, @Res() answer: Answer) {
    const report = await replayRun(this.edge, await this.find(caller, run));
    answer.status(200).json(report);
  }

  @Post(':run/:control')
  async control(
    @Caller() caller: Identity,
    @Param('run') run: string,
    @Param('control') control: string,
    @Req() request: IncomingMessage,
    @Res() answer: Answer,
  ) {
    if (!Object.hasOwn(CONTROLS, control)) throw notFound(`a way to ${control}`, run);
    if (!isRunId(run)) throw notFound('a run of your tenant', run);
    const [type, role] = CONTROLS[control as keyof typeof CONTROLS];
    requireRole(caller, role);
    const body = await parseBody(request, controlBody);
    const reason = body.reason ?? '';
    const key = keyOf(request, control, { run, reason });
    const traceparent = request.headers['traceparent']?.toString();
    const wish = { type, run, data: { reason }, caller, key, source: SOURCE, traceparent };
    const outcome = await askFor(this.edge.desk, projectionOf(this.edge), wish);
    answer.status(outcome === null ? 202 : 200).json({ run });
  }

  private async find(caller: Identity, run: string): Promise<RunDetail> {
    const found = isRunId(run) ? await findRun(this.edge.source, caller.tenant, run) : null;
    if (found === null) throw notFound('a run of your tenant', run);
    return found;
  }
}

function notFound(expected: string, run: string): Fault {
  return new Fault('NOT_FOUND', `expected ${expected}, found none for "${run}"; check the id`);
}

/** The caller's idempotency key, for all that was said with it. */
function keyOf(request: IncomingMessage, kind: string, said: Json): CallersKey | undefined {
  const value = idempotencyKeyOf(request);
  return value === undefined ? undefined : { kind, value, said };
}

/** A run's key that no other has. */
function newRunKey(workflow: string): string {
  return `${workflow.slice(0, 60)}-${randomBytes(6).toString('hex')}`;
}

/** What is no id names nothing: it is not asked for. */
function isRunId(run: string): boolean {
  return runId.safeParse(run).success;
}
