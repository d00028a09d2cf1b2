import { Line, Turns } from '@fermata/core';

/** Work that needs a place at an agent. */
export interface Work {
  readonly tenant: string;
  /** Aborted when nobody waits for the work any more: it leaves its line. */
  readonly signal: AbortSignal;
  /** Ends with everything; gives its place back, by `free`, once its agent is done. */
  perform(free: () => void): Promise<void>;
}

/** Whose places are limited: the same id means the same agent. */
export interface Limited {
  readonly id: string;
  readonly concurrencyMax: number;
}

/** Work in line, and how its caller hears of its end. */
interface Waiting {
  readonly work: Work;
  readonly ended: (outcome: Promise<void> | void) => void;
}

/** The places at one agent, and who waits for one, by tenant. */
class Agent {
  running = 0;
  readonly waiting = new Turns<Waiting>();

  constructor(readonly limited: Limited) {}

  get hasTurn(): boolean {
    return this.waiting.size > 0 && this.running < this.limited.concurrencyMax;
  }
}

/**
 * The places of one runner process. What finds none waits: agents with a free place are served in
 * turns, and at each agent the tenants, so that a tenant with one attempt waits for one of each
 * other. A place is taken until the work ends, also when nobody waits for it: its agent is busy.
 */
export class Slots {
  private running = 0;
  private readonly agents = new Map<string, Agent>();
  private readonly ready = new Line<Agent>();

  constructor(private readonly attemptsMax: number) {}

  /** Attempts that are performed now. */
  get busy(): number {
    return this.running;
  }

  /** Attempts that wait for a place. */
  get waiting(): number {
    let count = 0;
    for (const { waiting } of this.agents.values()) count += waiting.size;
    return count;
  }

  /**
   * Performs work as soon as there is a place for it and its turn has come. Ends with the work, or
   * when nobody waits for it any more before its turn.
   */
  enter(limited: Limited, work: Work): Promise<void> {
    if (work.signal.aborted) return Promise.resolve();
    const agent = this.agents.get(limited.id) ?? new Agent(limited);
    this.agents.set(limited.id, agent);
    return new Promise((ended) => {
      const waiting = { work, ended };
      agent.waiting.add(work.tenant, waiting);
      const leave = (): void => this.leave(agent, waiting);
      work.signal.addEventListener('abort', leave, { once: true });
      if (agent.hasTurn) this.ready.add(agent);
      this.serve();
    });
  }

  private leave(agent: Agent, waiting: Waiting): void {
    if (!agent.waiting.delete(waiting.work.tenant, waiting)) return;
    this.forget(agent);
    waiting.ended();
  }

  private serve(): void {
    while (this.running < this.attemptsMax) {
      const agent = this.ready.shift();
      if (agent === undefined) return;
      const next = agent.waiting.next();
      next?.ended(this.perform(agent, next.work));
      if (agent.hasTurn) this.ready.add(agent);
    }
  }

  private async perform(agent: Agent, work: Work): Promise<void> {
    this.running += 1;
    agent.running += 1;
    let isTaken = true;
    const free = (): void => {
      if (isTaken) this.free(agent);
      isTaken = false;
    };
    await work.perform(free).finally(free);
  }

  private free(agent: Agent): void {
    this.running -= 1;
    agent.running -= 1;
    if (agent.hasTurn) this.ready.add(agent);
    this.forget(agent);
    this.serve();
  }

  /** An agent that nobody needs is forgotten: definitions come and go. */
  private forget(agent: Agent): void {
    if (agent.running === 0 && agent.waiting.size === 0) this.agents.delete(agent.limited.id);
  }
}
