import type { AgentContext } from '@fermata/sdk';

/** What an agent is told of an attempt; the key is made of one hex digit. */
export function contextOf(digit: string): AgentContext {
  return {
    tenant: 'acme',
    run: 'run-1',
    step: 'step',
    attempt: { id: 'run-1/step/1', number: 1 },
    idempotencyKey: digit.repeat(64),
    signal: new AbortController().signal,
    deadlineAt: 0,
    traceparent: undefined,
    heartbeat: () => undefined,
  };
}
