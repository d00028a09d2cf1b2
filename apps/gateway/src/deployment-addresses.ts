import { Fault, type Definition } from '@fermata/contracts';
import { agentKindOf, whyNotCallable, type AllowedHost } from '@fermata/sdk';

/**
 * Refuses a deployment whose agents no runner would call at their addresses, as far as the edge
 * knows what the operator allows: each of its runs would fail at the first attempt.
 */
export function checkAddresses(
  allowed: readonly AllowedHost[] | null,
  tenant: string,
  { agents }: Definition,
): void {
  for (const [index, agent] of agents.entries()) {
    for (const address of agentKindOf(agent).addressesOf(agent)) {
      const why = whyNotCallable(address, allowed, tenant);
      if (why !== null) throw new Fault('AGENT_ADDRESS_REFUSED', `agents.${index}.url: ${why}`);
    }
  }
}
