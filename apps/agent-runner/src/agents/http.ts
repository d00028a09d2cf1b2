import {
  canonicalJson,
  Fault,
  LIMITS,
  readJson,
  readUtf8,
  rfc3339,
  type AgentAs,
  type Json,
} from '@fermata/contracts';
import { sha256Hex } from '@fermata/core';
import { timerMs } from '@fermata/service';
import { Agent, request } from 'undici';
import type { CheckedAddress } from '../address-guard';
import { AgentFailure, type AgentContext, type Perform } from '../agent';
import type { PerformedKind } from './kind';

/** Statuses that say "later", not "never". */
const LATER: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** Agents that answer HTTP, at addresses that the guard lets through. */
export const httpAgents: PerformedKind<AgentAs<'http'>> = {
  find(agent, { capability }, tenant, { guard }) {
    const address = `${agent.url}${agent.capabilities[capability]?.path ?? ''}`;
    return {
      id: sha256Hex(canonicalJson(agent as unknown as Json)),
      concurrencyMax: agent.concurrencyMax ?? LIMITS.agentConcurrency,
      perform: httpAgent((url) => guard.check(url, tenant), address),
    };
  },
};

/**
 * An agent that answers HTTP: the attempt goes out as one POST with its key and trace context.
 * Redirects are not followed: their target was never checked.
 */
export function httpAgent(
  check: (address: string) => Promise<CheckedAddress>,
  address: string,
): Perform {
  return async (input, context) => {
    const { url, lookup } = await check(address);
    const dispatcher = new Agent({ connect: { lookup }, pipelining: 0 });
    try {
      const answer = await request(url, {
        dispatcher,
        method: 'POST',
        headers: headersOf(context),
        body: bodyOf(input, context),
        signal: context.signal,
        headersTimeout: timerMs(context.deadlineAt - Date.now()),
        bodyTimeout: timerMs(context.deadlineAt - Date.now()),
      });
      const bytes = await bytesOf(answer.body, url);
      if (answer.statusCode === 200)
        return readJson(readUtf8(bytes, `the answer of ${url.origin}`));
      throw refusal(answer.statusCode, answer.headers['retry-after'], bytes, url);
    } catch (error) {
      if (error instanceof AgentFailure || error instanceof Fault) throw error;
      const found = error instanceof Error ? error.message : String(error);
      const message = `expected an answer of ${url.origin}${url.pathname}, found: ${found}`;
      throw new AgentFailure('AGENT_UNREACHABLE', message, true);
    } finally {
      void dispatcher.close();
    }
  };
}

function headersOf(context: AgentContext): Record<string, string> {
  const { idempotencyKey, traceparent } = context;
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    'idempotency-key': idempotencyKey,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

function bodyOf(input: Json, context: AgentContext): string {
  const { tenant, run, step, attempt, idempotencyKey, deadlineAt } = context;
  const deadline = rfc3339(deadlineAt);
  return JSON.stringify({ tenant, run, step, attempt, idempotencyKey, deadline, input });
}

async function bytesOf(body: AsyncIterable<Buffer>, url: URL): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > LIMITS.commandBytesMax) {
      const found = `expected at most ${LIMITS.commandBytesMax} bytes from ${url.origin}, found more`;
      throw new AgentFailure('PAYLOAD_TOO_LARGE', `${found}; answer with a reference`, false);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What a status that is not 200 says; a problem document may name the code. */
function refusal(
  status: number,
  retryAfter: string | string[] | undefined,
  bytes: Buffer,
  url: URL,
): AgentFailure {
  const retryable = status >= 500 || LATER.has(status);
  const { code, detail } = problemIn(bytes);
  const message = detail ?? `expected status 200 of ${url.origin}${url.pathname}, found ${status}`;
  const waitMs = waitOf(retryAfter?.toString() ?? '');
  return new AgentFailure(code ?? 'AGENT_FAILED', message, retryable, waitMs);
}

/** Milliseconds that a `Retry-After` asks to wait, in seconds or as a date; NaN says nothing. */
function waitOf(retryAfter: string): number {
  const seconds = retryAfter === '' ? Number.NaN : Number(retryAfter);
  return Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1_000;
}

function problemIn(bytes: Buffer): { code?: string; detail?: string } {
  try {
    const { code, detail } = readJson(readUtf8(bytes, 'a problem')) as {
      code?: unknown;
      detail?: unknown;
    };
    return {
      ...(typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? { code } : {}),
      ...(typeof detail === 'string' ? { detail } : {}),
    };
  } catch {
    // Not a problem document: the status alone speaks.
    return {};
  }
}
