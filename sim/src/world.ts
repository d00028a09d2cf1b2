import { AsyncLocalStorage } from 'node:async_hooks';
import type { Random } from './random';
import type { SimProcess } from './sim-process';
import { Tally } from './tally';
import { TaskQueue, type Task } from './task-queue';

/** When every simulation begins, in milliseconds since the Unix epoch. */
export const BEGINNING_MS = 1_700_000_000_000;
/** Real turns of the event loop: what was there before the clock was replaced. */
const nextTurn = setImmediate;
/** Events after which a simulation is taken to run in circles. */
const EVENTS_MAX = 400_000;

/**
 * One seeded loop of events under a clock of its own. The production code runs in it unchanged:
 * its timers, its `Date.now` and its `Math.random` are the world's, and each event belongs to a
 * simulated process, which may be dead or paused when the event comes.
 */
export class World {
  private readonly queue = new TaskQueue();
  private readonly current = new AsyncLocalStorage<SimProcess>();
  /** What enters the context of a process: made once for each, since every event needs it. */
  private readonly entrances = new Map<SimProcess | undefined, (work: () => void) => void>();
  /** True time, which no process knows for sure. */
  now = BEGINNING_MS;
  events = 0;
  readonly tally = new Tally();
  private hash = 0x811c9dc5;
  private readonly lines: string[] | null;

  constructor(
    readonly random: Random,
    verbose: boolean,
  ) {
    this.lines = verbose ? [] : null;
  }

  /** The process whose code runs now. */
  get process(): SimProcess | undefined {
    return this.current.getStore();
  }

  /** Does work as a process. */
  as<T>(process: SimProcess, work: () => T): T {
    return this.current.run(process, work);
  }

  /** Does work after a while; work of a process that is dead by then is never done. */
  after(ms: number, work: () => void, process?: SimProcess): Task {
    return this.queue.add(this.now + Math.max(0, ms), work, process);
  }

  cancel(task: Task): void {
    task.isCancelled = true;
  }

  /** A promise that a process hears of after a while; it never does when it is dead by then. */
  answer<T>(ms: number, process: SimProcess, give: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const work = (): void => {
        try {
          resolve(give());
        } catch (error) {
          reject(error);
        }
      };
      this.after(ms, work, process);
    });
  }

  /** Runs until a moment, or until something holds. */
  async runUntil(at: number, holds: () => boolean = () => false): Promise<void> {
    for (;;) {
      const task = this.queue.peek();
      if (task === undefined || task.at > at || holds()) break;
      this.queue.pop();
      if (this.perform(task)) await new Promise<void>((resolve) => nextTurn(resolve));
    }
    this.now = Math.max(this.now, holds() ? this.now : at);
  }

  /** Whether the task was performed; one of a paused process comes again when it goes on. */
  private perform(task: Task): boolean {
    const { process } = task;
    this.now = Math.max(this.now, task.at);
    if (task.isCancelled || process?.isDead === true) return false;
    if (process !== undefined && process.pausedUntil > this.now) {
      this.queue.put(task, process.pausedUntil);
      return false;
    }
    this.events += 1;
    if (this.events > EVENTS_MAX) throw new Error(`expected an end, found ${EVENTS_MAX} events`);
    this.mix(this.now - BEGINNING_MS);
    this.mix(task.order);
    this.entranceOf(process)(task.work);
    return true;
  }

  private entranceOf(process: SimProcess | undefined): (work: () => void) => void {
    const known = this.entrances.get(process);
    if (known !== undefined) return known;
    const snapshot = (): ((work: () => void) => void) => AsyncLocalStorage.snapshot();
    const made =
      process === undefined ? this.current.exit(snapshot) : this.current.run(process, snapshot);
    this.entrances.set(process, made);
    return made;
  }

  /** Adds to the hash over all that happened. */
  mix(value: number | string): void {
    if (typeof value === 'number') {
      this.hash = Math.imul(this.hash ^ (Math.round(value * 1_024) | 0), 0x01000193);
      return;
    }
    let hash = this.hash;
    for (let at = 0; at < value.length; at++) {
      hash = Math.imul(hash ^ value.charCodeAt(at), 0x01000193);
    }
    this.hash = hash;
  }

  /** Hash over all that happened so far. */
  get history(): string {
    return (this.hash >>> 0).toString(16).padStart(8, '0');
  }

  /** Notes what happened, for a person who looks into a failure; free when nobody does. */
  note(line: () => string): void {
    if (this.lines === null) return;
    const seconds = ((this.now - BEGINNING_MS) / 1_000).toFixed(3).padStart(9);
    this.lines.push(`${seconds} ${(this.process?.name ?? '-').padEnd(14)} ${line()}`);
  }

  /** What was noted, oldest first. */
  get notes(): readonly string[] {
    return this.lines ?? [];
  }

  /** The clock of the process that runs, which may be wrong. */
  get clock(): number {
    return Math.floor(this.now + (this.process?.skewMs ?? 0));
  }
}
