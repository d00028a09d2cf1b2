import { definition, policyDefinition } from '@fermata/contracts';
import { z } from 'zod';
import { controlBody, startBody } from './runs.controller';

type Method = 'get' | 'post' | 'put';

interface Operation {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly answers: Readonly<Record<string, string>>;
}

const RUN = '/v1/runs/{run}';
const FOUND = { 200: 'What was asked for' };
const DONE = { 200: 'Done', 202: 'Stored; what comes of it is not known yet' };

/** Body of a decision on a gate. */
export const decisionBody = z.strictObject({
  decision: z.enum(['approve', 'reject', 'retry']),
  data: z.unknown().optional(),
  reason: z.string().max(4_096).optional(),
});

const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/runs',
    summary: 'Start a run. The same Idempotency-Key starts it once.',
    body: startBody,
    answers: { 201: 'Started', 200: 'Started before under this key', 202: 'Stored' },
  },
  { method: 'get', path: '/v1/runs', summary: 'List runs, newest first', answers: FOUND },
  { method: 'get', path: RUN, summary: 'Read a run with all that is known of it', answers: FOUND },
  { method: 'get', path: `${RUN}/steps`, summary: 'List the steps of a run', answers: FOUND },
  {
    method: 'get',
    path: `${RUN}/steps/{step}/input`,
    summary: 'Read the input that a step was given',
    answers: FOUND,
  },
  { method: 'get', path: `${RUN}/checkpoints`, summary: 'List checkpoints', answers: FOUND },
  { method: 'get', path: `${RUN}/events`, summary: 'List the events of a run', answers: FOUND },
  {
    method: 'get',
    path: `${RUN}/events/stream`,
    summary: 'Follow a run: server-sent events whose id is the sequence; resumes by Last-Event-ID',
    answers: { ...FOUND, 204: 'The run has ended and you have seen all of it: do not come back' },
  },
  { method: 'get', path: `${RUN}/audit`, summary: 'Read the audit trail of a run', answers: FOUND },
  {
    method: 'post',
    path: `${RUN}/replay`,
    summary: 'Fold the run from the log again and compare it with the projection',
    answers: FOUND,
  },
  ...(['cancel', 'pause', 'resume', 'release'] as const).map((verb) => ({
    method: 'post' as const,
    path: `${RUN}/${verb}`,
    summary: `${verb.charAt(0).toUpperCase()}${verb.slice(1)} a run`,
    body: controlBody,
    answers: DONE,
  })),
  {
    method: 'put',
    path: '/v1/workflows',
    summary: 'Deploy a workflow with its policy and agents',
    body: definition,
    answers: FOUND,
  },
  {
    method: 'put',
    path: '/v1/policies',
    summary: 'Bring a policy, which authors may then refer to',
    body: policyDefinition,
    answers: FOUND,
  },
  { method: 'get', path: '/v1/workflows', summary: 'List deployed workflows', answers: FOUND },
  { method: 'get', path: '/v1/dead-letters', summary: 'List dead letters', answers: FOUND },
  { method: 'get', path: '/v1/dead-letters/{letter}', summary: 'Read one', answers: FOUND },
  {
    method: 'post',
    path: '/v1/dead-letters/{letter}/redrive',
    summary: 'Send its original bytes again',
    answers: { 201: 'Sent' },
  },
  { method: 'get', path: '/v1/approvals', summary: 'List what waits for you', answers: FOUND },
  { method: 'get', path: '/v1/approvals/{gate}', summary: 'Read a gate', answers: FOUND },
  {
    method: 'post',
    path: '/v1/approvals/{gate}/decision',
    summary:
      'Decide a gate: approve, approve with edited data, reject, or retry an effect in doubt',
    body: decisionBody,
    answers: DONE,
  },
];

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
  },
};

/** The OpenAPI document of the HTTP edge, with bodies from the contracts. */
export function openApiDocument(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of OPERATIONS) {
    const at = (paths[operation.path] ??= {});
    at[operation.method] = describe(operation);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Fermata', version: '0.1.0' },
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: PROBLEM },
    },
  };
}

function describe({ path, summary, body, answers }: Operation): object {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const responses = Object.fromEntries(
    Object.entries(answers).map(([status, description]) => [status, { description }]),
  );
  return {
    summary,
    parameters: names.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body) } }),
    responses: {
      ...responses,
      default: {
        description: 'A problem document',
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    },
  };
}

function contentOf(body: z.ZodType): object {
  return { 'application/json': { schema: z.toJSONSchema(body, { unrepresentable: 'any' }) } };
}
