import type {
  AgentDefinition,
  Capability,
  Definition,
  JsonObject,
  StepDefinition,
} from '@fermata/contracts';
import { nearest } from './order';
import { complain, type Report } from './problem';

/** Who performs a step, and what the agent says of it. */
export interface Route {
  readonly agent: { readonly name: string; readonly version: string };
  readonly capability: string;
  readonly risk: 'reasoning' | 'read' | 'effect';
  readonly idempotent: boolean;
  readonly input: JsonObject | null;
  readonly output: JsonObject | null;
}

/**
 * Finds who performs a step: the agent it names, or else the cheapest one that offers the
 * capability at the step's risk.
 */
export function routeOf(
  definition: Definition,
  id: string,
  step: StepDefinition,
  report: Report,
): Route | null {
  const path = ['workflow', 'steps', id];
  if (step.agent === undefined && step.capability === undefined) {
    const found = `expected an agent, a capability or a gate in step ${id}, found none`;
    complain(report, 'DEFINITION_INVALID', path, `${found}; say who performs it`);
    return null;
  }
  const named = definition.agents.filter(
    (one) => step.agent === undefined || one.name === step.agent,
  );
  if (named.length === 0 && step.agent === undefined) {
    const message = `expected an agent that offers ${step.capability}, found no agents at all`;
    complain(report, 'DEFINITION_INVALID', [...path, 'capability'], `${message}; bring one`);
    return null;
  }
  if (named.length === 0) {
    const known = nearest(
      step.agent ?? '',
      definition.agents.map((one) => one.name),
    );
    const message = `expected a known agent, found "${step.agent}"; did you mean ${known}?`;
    complain(report, 'DEFINITION_INVALID', [...path, 'agent'], message);
    return null;
  }
  const routes = named
    .flatMap((agent) => routesBy(agent, step))
    .filter(({ route }) => step.risk === undefined || route.risk === step.risk)
    .sort((a, b) => a.tier - b.tier || (a.route.agent.name < b.route.agent.name ? -1 : 1));
  const [best] = routes;
  if (best !== undefined) return best.route;
  const offers = named.flatMap((agent) =>
    Object.entries(agent.capabilities).map(([name, { risk }]) => `${agent.name}.${name} (${risk})`),
  );
  const wanted = [step.capability ?? 'one capability', step.risk].filter(Boolean).join(' at risk ');
  const message = `expected an agent that offers ${wanted}, found ${offers.join(', ')}`;
  complain(report, 'DEFINITION_INVALID', [...path, 'capability'], `${message}; name one of these`);
  return null;
}

function routesBy(agent: AgentDefinition, step: StepDefinition) {
  const offered = Object.entries<Capability>(agent.capabilities);
  // A step may leave the capability out when its agent has only one.
  const wanted = step.capability ?? (offered.length === 1 ? offered[0]?.[0] : undefined);
  return offered
    .filter(([name]) => name === wanted)
    .map(([capability, { risk, idempotent, input, output }]) => ({
      tier: agent.tier ?? 5,
      route: {
        agent: { name: agent.name, version: agent.version },
        capability,
        risk,
        idempotent: idempotent ?? false,
        input: input ?? null,
        output: output ?? null,
      } satisfies Route,
    }));
}
