import { Fault, name } from '@fermata/contracts';

/** The group under which runners that perform all agents read the log. */
export const RUNNER_GROUP = 'agent-runner';

/** Which agents a runner performs, and the group of the runners that perform the same. */
export interface Pool {
  readonly group: string;
  serves(agent: string): boolean;
}

/**
 * The pool that a list of agents makes: `desk,cashier` performs these, `!gpu` all others, nothing
 * performs all. The group follows from the list, since another list means other attempts: it reads
 * the log from the beginning, and leaves none out.
 */
export function poolOf(list: string): Pool {
  const entries = list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .sort();
  if (entries.length === 0) return { group: RUNNER_GROUP, serves: () => true };
  const excluded = entries.filter((entry) => entry.startsWith('!'));
  const named = new Set(entries.map((entry) => entry.replace(/^!/, '')));
  const areNames = [...named].every((agent) => name.safeParse(agent).success);
  if (!areNames || (excluded.length > 0 && excluded.length < entries.length)) {
    const found = 'expected names of agents, or all with a "!" before them, separated by commas';
    throw new Fault('CONFIG_INVALID', `${found}, found "${list}"; correct FERMATA_AGENTS`);
  }
  const group = `${RUNNER_GROUP}.${entries.join('+')}`;
  return { group, serves: (agent) => named.has(agent) === (excluded.length === 0) };
}
