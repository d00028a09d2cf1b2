import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  approvalsQuery,
  canonicalJson,
  decisionBody,
  Fault,
  gatePlace,
  type Json,
} from '@fermata/contracts';
import {
  findGate,
  listGates,
  orderOfGates,
  waitForOffset,
  type GateRow,
} from '@fermata/read-model';
import {
  askFor,
  Caller,
  idempotencyKeyOf,
  keyIn,
  nextOf,
  parseBody,
  parseQuery,
  Serves,
  type CommandDesk,
  type Identity,
} from '@fermata/service';
import { Controller, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { approvalView, listedApprovalView } from './approval-views';

/** What the inbox works with. */
export interface Inbox {
  readonly source: DataSource;
  readonly desk: CommandDesk;
}

/** Injection token of the inbox. */
export const INBOX = Symbol('INBOX');

/** The moment that a list is ordered by, and the gate at it. */
const KEY = z.tuple([z.int().min(0), z.string().refine((gate) => gatePlace(gate) !== null)]);

/** The response of the platform, as far as it is used here. */
interface Answer extends ServerResponse {
  status(code: number): Answer;
  json(body: unknown): void;
}

/**
 * Gates for people: what waits for whom, and their decisions. A gate's id holds slashes; in a path
 * they may stand as they are, or as %2F.
 */
@Controller()
export class ApprovalsController {
  constructor(@Inject(INBOX) private readonly inbox: Inbox) {}

  @Serves('listApprovals')
  async list(@Caller() caller: Identity, @Query() query: unknown) {
    const { state, cursor, limit } = parseQuery(query, approvalsQuery);
    const status = state === 'all' ? null : state;
    const key = keyIn(cursor, KEY);
    const after = key && { at: key[0], gate: key[1] };
    const filter = { groups: caller.groups, status, after, limit };
    const page = await listGates(this.inbox.source, caller.tenant, filter);
    const { column } = orderOfGates(status);
    const next = nextOf(page, (row) => [Number(row[column]), row.gate]);
    return { approvals: page.rows.map(listedApprovalView), next };
  }

  @Serves('readApproval')
  async show(@Caller() caller: Identity, @Param('gate') parts: readonly string[]) {
    const found = await this.find(caller, parts.join('/'));
    return approvalView(found.gate, found.approval);
  }

  @Serves('decideGate')
  async decide(
    @Caller() caller: Identity,
    @Param('gate') parts: readonly string[],
    @Req() request: IncomingMessage,
    @Res() answer: Answer,
  ) {
    const gate = parts.join('/');
    const body = await parseBody(request, decisionBody);
    const { gate: row } = await this.find(caller, gate);
    const { principal: approver, groups } = caller;
    const value = idempotencyKeyOf(request);
    const data = { gate, approver, groups, ...body };
    const outcome = await askFor(
      this.inbox.desk,
      (partition, place) => waitForOffset(this.inbox.source, partition, place.offset),
      {
        type: 'DecideGate',
        run: row.run,
        data,
        caller,
        id: `decide/${digestOf(whatIsSame(row, caller, body))}`,
        key:
          value === undefined
            ? undefined
            : { kind: 'decide', value, said: { gate, ...body } as Json },
        source: 'fermata/approval-service',
        traceparent: request.headers['traceparent']?.toString(),
      },
    );
    answer.status(outcome === null ? 202 : 200).json({ gate, decision: body.decision });
  }

  /** A gate of the caller's tenant: another tenant's is no different from one that is not. */
  private async find(caller: Identity, gate: string) {
    const isId = gatePlace(gate) !== null;
    const found = isId ? await findGate(this.inbox.source, caller.tenant, gate) : null;
    if (found !== null) return found;
    const message = `expected a gate of your tenant, found none for "${gate}"`;
    throw new Fault('NOT_FOUND', `${message}; list what waits for you`);
  }
}

/**
 * The same person with the same answer to the same question is the same decision, however often
 * it is sent. A gate that was escalated, or a person who joined a group, makes it another. Under an
 * idempotency key it is the same as long as the person says the same.
 */
function whatIsSame(row: GateRow, caller: Identity, body: object): Json {
  const { gate, groups: asked, due_at: dueAt } = row;
  const { principal, groups } = caller;
  // Without a key; its place stays, so that ids of before are the same.
  return { gate, asked, dueAt, principal, groups, key: null, ...body };
}

function digestOf(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
