import { z } from 'zod';
import { reference } from '../definition';
import { digest, name, runId, runKey } from '../ids';
import { json } from '../json';
import { LIMITS } from '../limits';
import { runStatus } from '../run-status';
import { countParameter, jsonValue, moment, pageOf, pageQuery } from './page';
import { does, reads, type Role, type Route } from './route';
import {
  attemptView,
  auditView,
  checkpointView,
  eventView,
  gateView,
  listedCheckpointView,
  listedStepView,
  problemView,
  stepInputView,
  stepView,
} from './run-parts';

/** What starts a run. */
export const startBody = z.strictObject({
  workflow: z.union([reference, name]),
  input: json,
  key: runKey.optional(),
});

/** Why a run is cancelled, paused, resumed or released. */
export const controlBody = z.strictObject({
  reason: z.string().max(LIMITS.reasonCharsMax).optional(),
});

/** Which runs to list. */
export const runsQuery = z.strictObject({
  status: runStatus.optional(),
  workflow: name.optional(),
  ...pageQuery(50),
});

/** Which events of a run to list. */
export const eventsQuery = z.strictObject({
  after: countParameter(0, Number.MAX_SAFE_INTEGER)
    .default(0)
    .describe('Only events whose sequence is higher'),
  ...pageQuery(LIMITS.pageRowsMax),
});

/** Which rows of some other list of a run to give. */
export const partsQuery = z.strictObject(pageQuery(LIMITS.pageRowsMax));

/** A run without what it was given and what it gave. */
export const runView = z.object({
  run: z.string(),
  workflow: z.string(),
  definition: z.string(),
  policy: z.string(),
  status: z.string(),
  requester: z.string(),
  startedAt: moment.nullable(),
  endedAt: moment.nullable(),
  sequence: z.int().describe('How many events it has'),
  problem: problemView.optional(),
});
/** A run without what it was given and what it gave. */
export type RunView = z.infer<typeof runView>;

/** A run in a list. */
export const listedRunView = runView.extend({
  held: z.boolean().describe('Whether it waits for a person'),
});
/** A run in a list. */
export type ListedRunView = z.infer<typeof listedRunView>;

/** A run with its parts: the newest attempts, and how many there are in all. */
export const runDetailView = runView.extend({
  input: jsonValue,
  output: jsonValue,
  steps: z.array(stepView),
  attempts: z.array(attemptView),
  attemptCount: z.int(),
  gates: z.array(gateView),
  checkpoints: z.array(listedCheckpointView),
});
/** A run with its parts. */
export type RunDetailView = z.infer<typeof runDetailView>;

/** Whether the state folded anew from the log equals the projection. */
export const replayView = z.object({
  run: z.string(),
  events: z.int(),
  equal: z.boolean(),
  logHash: digest.describe('SHA-256 over the canonical text of what the log says'),
  projectionHash: digest,
  differences: z.array(z.string()),
});
/** Whether the state folded anew from the log equals the projection. */
export type ReplayView = z.infer<typeof replayView>;

/** A run that was named. */
export const runNamed = z.object({ run: runId });

const RUN = '/v1/runs/{run}';
/** Lines of JSON. */
export const NDJSON = 'application/x-ndjson';

/** Routes of runs. */
export const RUN_ROUTES = [
  {
    id: 'startRun',
    method: 'post',
    path: '/v1/runs',
    roles: ['requester'],
    summary: 'Start a run. The same Idempotency-Key starts it once.',
    headers: ['Idempotency-Key'],
    body: startBody,
    answers: {
      201: { description: 'Started', view: runNamed },
      200: { description: 'Started before under this key', view: runNamed },
      202: { description: 'Stored; what comes of it is not known yet', view: runNamed },
    },
  },
  {
    id: 'listRuns',
    method: 'get',
    path: '/v1/runs',
    summary: 'List runs, newest first',
    query: runsQuery,
    answers: reads(pageOf('runs', listedRunView)),
  },
  {
    id: 'readRun',
    method: 'get',
    path: RUN,
    summary: 'Read a run with its parts',
    answers: reads(runDetailView),
  },
  {
    id: 'listSteps',
    method: 'get',
    path: `${RUN}/steps`,
    summary: 'List the steps of a run, in the order in which they began',
    query: partsQuery,
    answers: reads(pageOf('steps', listedStepView)),
  },
  {
    id: 'readStep',
    method: 'get',
    path: `${RUN}/steps/{step}`,
    summary: 'Read a step with its output',
    answers: reads(stepView),
  },
  {
    id: 'readStepInput',
    method: 'get',
    path: `${RUN}/steps/{step}/input`,
    summary: 'Read the input that the last attempt at a step was given',
    answers: reads(stepInputView),
  },
  {
    id: 'listAttempts',
    method: 'get',
    path: `${RUN}/attempts`,
    summary: 'List the attempts of a run, oldest first',
    query: partsQuery,
    answers: reads(pageOf('attempts', attemptView)),
  },
  {
    id: 'listCheckpoints',
    method: 'get',
    path: `${RUN}/checkpoints`,
    summary: 'List the checkpoints of a run, oldest first',
    query: partsQuery,
    answers: reads(pageOf('checkpoints', listedCheckpointView)),
  },
  {
    id: 'readCheckpoint',
    method: 'get',
    path: `${RUN}/checkpoints/{label}`,
    summary: 'Read a checkpoint with what its steps had put out by then',
    answers: reads(checkpointView),
  },
  {
    id: 'listEvents',
    method: 'get',
    path: `${RUN}/events`,
    summary: 'List the events of a run, oldest first',
    query: eventsQuery,
    answers: reads(pageOf('events', eventView)),
  },
  {
    id: 'followRun',
    method: 'get',
    path: `${RUN}/events/stream`,
    summary: 'Follow a run: server-sent events whose id is the sequence; resumes by Last-Event-ID',
    headers: ['Last-Event-ID'],
    answers: {
      200: { description: 'Its events, as they come', media: 'text/event-stream' },
      204: { description: 'The run has ended and you have seen all of it: do not come back' },
    },
  },
  {
    id: 'listAudit',
    method: 'get',
    path: `${RUN}/audit`,
    summary: 'List the audit trail of a run: its events and refused commands, oldest first',
    query: partsQuery,
    answers: reads(pageOf('audit', auditView)),
  },
  {
    id: 'readAudit',
    method: 'get',
    path: `${RUN}/audit/stream`,
    summary: 'Read the audit trail of a run whole: a row a line, as fast as it is read',
    answers: { 200: { description: 'Its rows, each a line of JSON', media: NDJSON } },
  },
  {
    id: 'replayRun',
    method: 'post',
    path: `${RUN}/replay`,
    summary: 'Fold the run from the log again and compare it with the projection',
    answers: reads(replayView),
  },
  control('cancel', 'requester'),
  control('pause', 'operator'),
  control('resume', 'operator'),
  control('release', 'operator'),
] as const satisfies readonly Route[];

/** A route that steers a run. */
function control<V extends string, R extends Role>(verb: V, role: R) {
  return {
    id: `${verb}Run`,
    method: 'post',
    path: `${RUN}/${verb}`,
    roles: [role],
    summary: `${verb.charAt(0).toUpperCase()}${verb.slice(1)} a run`,
    headers: ['Idempotency-Key'],
    body: controlBody,
    answers: does(runNamed),
  } as const;
}
