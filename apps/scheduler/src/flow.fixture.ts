import {
  canonicalJson,
  definition,
  nameOfDefinition,
  type Command,
  type Definition,
  type Json,
} from '@fermata/contracts';
import { definitionHash } from '@fermata/core';
import type { LogPort } from '@fermata/log';
import { definitionOf, look } from '@fermata/testing';

/** A workflow of one step, which nobody performs here. */
export const FLOW: Definition = definition.parse(definitionOf({ a: look() }));
export const HASH = definitionHash(FLOW);

/** Stores a definition as a deployment does. */
export async function deploy(log: LogPort, flow: Definition = FLOW): Promise<void> {
  await log.putLatest(
    nameOfDefinition(definitionHash(flow)),
    canonicalJson(flow as unknown as Json),
  );
}

/** The start of a run, as a service would make it. */
export function startOf(run: string, changed: Partial<Command> = {}): Command {
  return {
    id: `start-${run}`,
    source: 'test',
    tenant: 'acme',
    run,
    time: Date.now(),
    actor: 'user:asha',
    correlationId: run,
    type: 'StartRun',
    data: { workflow: { name: 'flow', version: '1.0.0', hash: HASH }, input: {} },
    ...changed,
  } as Command;
}
