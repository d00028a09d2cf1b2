import { z } from 'zod';
import type { AgentKind } from './agents/kinds';
import { digest, name } from './ids';

/** A function of a project's module, as a runner loaded it. */
export const registeredFunction = z.strictObject({
  /** Path of the module inside the project, as its agents file says it. */
  module: z.string(),
  export: z.string(),
  /** SHA-256 of the module's bytes when it was loaded. */
  content: digest,
});

/**
 * A function agent that a runner performs for a tenant, since the operator loaded it with a
 * project. Function agents are the operator's code: a definition may name one, never bring one.
 */
export const agentRegistration = z.strictObject({
  /** SHA-256 of the agent's definition, as canonical JSON. */
  digest,
  capabilities: z.record(name, registeredFunction),
});
/** A function agent that a runner performs for a tenant. */
export type AgentRegistration = z.infer<typeof agentRegistration>;

/** Name under which a tenant's registrations are stored; each adds `name@version`. */
export function registrationsOf(tenant: string): string {
  return `registered-agent/${tenant}/`;
}

/**
 * What has one content for each version. The agents of each kind have names of their own: an
 * author, who brings HTTP agents, takes no name that the operator may need.
 */
export type ContentKind = 'policy' | `${AgentKind}-agent`;

/** Name under which the one content of a version stands, as its digest. */
export function contentName(
  kind: ContentKind,
  tenant: string,
  one: { readonly name: string; readonly version: string },
): string {
  return `${kind}-content/${tenant}/${one.name}@${one.version}`;
}
