import { Fault, type Definition } from '@fermata/contracts';
import { whyNotCallable, type AllowedHost } from '@fermata/sdk';

/**
 * Refuses a deployment whose http agents no runner would call, as far as the edge knows what the
 * operator allows: each of its runs would fail at the first attempt.
 */
export function checkAddresses(
  allowed: readonly AllowedHost[] | null,
  tenant: string,
  { agents }: Definition,
): void {
  for (const [index, agent] of agents.entries()) {
    if (agent.kind !== 'http') continue;
    const paths = Object.values(agent.capabilities).map(({ path }) => path ?? '');
    for (const path of paths) {
      const why = whyNotCallable(`${agent.url}${path}`, allowed, tenant);
      if (why !== null) throw new Fault('AGENT_ADDRESS_REFUSED', `agents.${index}.url: ${why}`);
    }
  }
}
