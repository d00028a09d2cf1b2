import type { EventData } from '@fermata/contracts';
import type { AgentContext, FoundAgent } from '@fermata/agent-runner';
import type { EffectSink } from './effect-sink';
import { pause } from './pause';
import type { SimProcess } from './sim-process';
import type { World } from './world';

type Task = EventData<'AttemptScheduled'>;

/** What agents of one runner process need. */
export interface AgentWorld {
  readonly world: World;
  readonly sink: EffectSink;
  readonly process: SimProcess;
  /** Whether agents behave from now on. */
  readonly isCalm: () => boolean;
  readonly agentConcurrency: number;
}

/** Finds agents as the production's directory does; all of them behave badly now and then. */
export function agentsOf(parts: AgentWorld): { find(task: Task): Promise<FoundAgent> } {
  const find = async (task: Task): Promise<FoundAgent> => ({
    id: task.agent.name,
    concurrencyMax: parts.agentConcurrency,
    perform: (_, context) => perform(parts, task, context),
  });
  return { find };
}

async function perform(parts: AgentWorld, task: Task, context: AgentContext): Promise<unknown> {
  const { world, process, isCalm } = parts;
  const { random } = world;
  if (task.risk === 'effect') act(parts, task, context);
  const mood = isCalm() ? 1 : random.next();
  if (mood < 0.03) await never(context.signal);
  await pause(mood < 0.12 ? random.int(1_000, 6_000) : random.int(5, 250));
  if (mood < 0.2) throw failureOf(random.chance(0.2), random.chance(0.2));
  world.note(() => `${task.capability} of ${context.run}/${task.step}/${task.attempt} answers`);
  const { tenant, run } = context;
  if (mood < 0.24) return { run };
  return { tenant, run, step: task.step, by: process.name, pad: 'x'.repeat(random.int(0, 40)) };
}

function act({ sink, process, world }: AgentWorld, task: Task, context: AgentContext): void {
  if (process.isDead) return;
  const { tenant, run, idempotencyKey: key } = context;
  const isIdempotent = task.capability === 'act_once';
  const { step, attempt } = task;
  world.note(() => `ACTS for ${run}/${step}/${attempt}`);
  sink.call({ tenant, run, step, attempt, key, runner: process.name, isIdempotent });
}

function failureOf(isFinal: boolean, isPatient: boolean): Error {
  const said = { code: 'BUSY', retryable: !isFinal, ...(isPatient ? { retryAfterMs: 700 } : {}) };
  return Object.assign(new Error('busy'), said);
}

/** An agent that hangs until nobody waits for it. */
function never(signal: AbortSignal): Promise<void> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}
