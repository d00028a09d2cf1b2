import { LIMITS } from '@fermata/contracts';
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

/** A number of places, and how many of them each tenant holds. */
class Places {
  private readonly held = new Map<string, number>();
  taken = 0;

  constructor(private readonly max: number) {}

  get free(): number {
    return this.max - this.taken;
  }

  /**
   * Whether a tenant may take one more: it holds less than so many times what is free. The more
   * it holds the more it leaves free, so who holds none finds a place as long as one is free.
   */
  mayTake(tenant: string): boolean {
    return (this.held.get(tenant) ?? 0) < LIMITS.heldOfFreeMax * this.free;
  }

  take(tenant: string): void {
    this.taken += 1;
    this.held.set(tenant, (this.held.get(tenant) ?? 0) + 1);
  }

  giveBack(tenant: string): void {
    this.taken -= 1;
    const left = (this.held.get(tenant) ?? 1) - 1;
    if (left === 0) this.held.delete(tenant);
    else this.held.set(tenant, left);
  }
}

/** The places at one agent, and who waits for one, by tenant. */
class Agent {
  readonly places: Places;
  readonly waiting = new Turns<Waiting>();

  constructor(readonly limited: Limited) {
    this.places = new Places(limited.concurrencyMax);
  }

  get hasTurn(): boolean {
    return this.waiting.size > 0 && this.places.free > 0;
  }

  /** Who is next of those that may take a place; the others rest until one is given back. */
  next(mayTake: (tenant: string) => boolean): Waiting | undefined {
    for (;;) {
      const first = this.waiting.peek();
      if (first === undefined) return undefined;
      const { tenant } = first.work;
      if (mayTake(tenant) && this.places.mayTake(tenant)) return this.waiting.next();
      this.waiting.rest();
    }
  }
}

/**
 * The places of one runner process. What finds none waits: agents with a free place are served in
 * turns, and at each agent the tenants, so that a tenant with one attempt waits for one of each
 * other. A place is taken until the work ends, also when nobody waits for it: its agent is busy.
 * What runs is never stopped for another, so no tenant may take the last places, of the process or
 * of an agent: a share of them stays free for who holds none.
 */
export class Slots {
  private readonly places: Places;
  private readonly agents = new Map<string, Agent>();
  private readonly ready = new Line<Agent>();
  /** Agents with a free place for none of those that wait there. */
  private readonly resting = new Set<Agent>();

  constructor(attemptsMax: number) {
    this.places = new Places(attemptsMax);
  }

  /** Attempts that are performed now. */
  get busy(): number {
    return this.places.taken;
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
    const mayTake = (tenant: string): boolean => this.places.mayTake(tenant);
    while (this.places.free > 0) {
      const agent = this.ready.shift();
      if (agent === undefined) return;
      const next = agent.next(mayTake);
      if (next === undefined) this.resting.add(agent);
      else {
        next.ended(this.perform(agent, next.work));
        if (agent.hasTurn) this.ready.add(agent);
      }
    }
  }

  private async perform(agent: Agent, work: Work): Promise<void> {
    this.places.take(work.tenant);
    agent.places.take(work.tenant);
    let isTaken = true;
    const free = (): void => {
      if (isTaken) this.free(agent, work.tenant);
      isTaken = false;
    };
    await work.perform(free).finally(free);
  }

  private free(agent: Agent, tenant: string): void {
    this.places.giveBack(tenant);
    agent.places.giveBack(tenant);
    if (agent.hasTurn) this.ready.add(agent);
    // More is free, so who has its share may have more.
    for (const one of this.resting) {
      one.waiting.wake();
      if (one.hasTurn) this.ready.add(one);
    }
    this.resting.clear();
    this.forget(agent);
    this.serve();
  }

  /** An agent that nobody needs is forgotten: definitions come and go. */
  private forget(agent: Agent): void {
    if (agent.places.taken > 0 || agent.waiting.size > 0) return;
    this.agents.delete(agent.limited.id);
    this.resting.delete(agent);
  }
}
