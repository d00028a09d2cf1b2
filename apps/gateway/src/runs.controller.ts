import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { controlBody, pathTo, startBody, type AnswerOf, type Json } from '@fermata/contracts';
import { findRun } from '@fermata/read-model';
import {
  askFor,
  Caller,
  idempotencyKeyOf,
  parseBody,
  ReadsMuch,
  runOfKey,
  Serves,
  type CallersKey,
  type Identity,
} from '@fermata/service';
import { Controller, Inject, Param, Req, Res } from '@nestjs/common';
import { findDeployment } from './deployments';
import { EDGE, projectionOf, type Edge } from './edge';
import { replayRun } from './replay';
import { isRunId, notFound } from './run-reads.controller';

const CONTROLS = {
  cancel: 'CancelRun',
  pause: 'PauseRun',
  resume: 'ResumeRun',
  release: 'ReleaseRun',
} as const;

const SOURCE = 'fermata/gateway';

/** The response of the platform, as far as it is used here. */
interface Answer extends ServerResponse {
  status(code: number): Answer;
  json(body: unknown): void;
}

/** A request that steers a run. */
interface Controlled extends IncomingMessage {
  readonly params: { readonly run: string };
}

/** Runs over HTTP: start, control, replay. The tenant is the token's. */
@Controller()
export class RunsController {
  constructor(@Inject(EDGE) private readonly edge: Edge) {}

  @Serves('startRun')
  async start(@Caller() caller: Identity, @Req() request: IncomingMessage, @Res() answer: Answer) {
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
    answer.setHeader('Location', pathTo('readRun', { run: started }));
    const isNew = outcome?.event.type === 'RunStarted';
    answer.status(outcome === null ? 202 : isNew ? 201 : 200).json({ run: started });
  }

  @Serves('replayRun')
  @ReadsMuch()
  async replay(@Caller() caller: Identity, @Param('run') run: string, @Res() answer: Answer) {
    const found = isRunId(run) ? await findRun(this.edge.source, caller.tenant, run) : null;
    if (found === null) throw notFound('a run of your tenant', run);
    const report = await replayRun(this.edge, found);
    answer.status(200).json(report);
  }

  @Serves('cancelRun')
  cancel(@Caller() caller: Identity, @Req() request: Controlled, @Res() answer: Answer) {
    return this.control('cancel', caller, request, answer);
  }

  @Serves('pauseRun')
  pause(@Caller() caller: Identity, @Req() request: Controlled, @Res() answer: Answer) {
    return this.control('pause', caller, request, answer);
  }

  @Serves('resumeRun')
  resume(@Caller() caller: Identity, @Req() request: Controlled, @Res() answer: Answer) {
    return this.control('resume', caller, request, answer);
  }

  @Serves('releaseRun')
  release(@Caller() caller: Identity, @Req() request: Controlled, @Res() answer: Answer) {
    return this.control('release', caller, request, answer);
  }

  private async control(
    control: keyof typeof CONTROLS,
    caller: Identity,
    request: Controlled,
    answer: Answer,
  ): Promise<void> {
    const { run } = request.params;
    if (!isRunId(run)) throw notFound('a run of your tenant', run);
    const type = CONTROLS[control];
    const body = await parseBody(request, controlBody);
    const reason = body.reason ?? '';
    const key = keyOf(request, control, { run, reason });
    const traceparent = request.headers['traceparent']?.toString();
    const asked = { type, run, data: { reason }, caller, key, source: SOURCE, traceparent };
    const outcome = await askFor(this.edge.desk, projectionOf(this.edge), asked);
    answer.status(outcome === null ? 202 : 200).json({ run } satisfies AnswerOf<'cancelRun'>);
  }
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
