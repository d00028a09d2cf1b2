/** A share is counted in windows this long: a tenant that used its own up waits for the next. */
const WINDOW_MS = 20;
/** Time over which it is counted who sends much. */
const RECENT_MS = 1_000;
/**
 * A tenant that took nothing in the windows before, as during a long append, has their share too:
 * else it would look as if it sent less. That many at most.
 */
const WINDOWS_MAX = 10;
/** A tenant that takes less than this part of its share is light. */
const LIGHT = 0.8;

/**
 * Steps of evaluating that count as one more command: a share of 1,000 commands each second is then
 * about a seventh of a processor, whatever its commands cost.
 */
const COMMAND_STEPS = 5_000;

/** Commands that were decided of each tenant in some time. */
type Counts = Map<string, number>;

/** What a tenant took in the last window that it took anything in, and might take there. */
interface Used {
  readonly windowAt: number;
  readonly max: number;
  count: number;
  /** How much of the count is what decisions cost beyond being one command. */
  charged: number;
}

/**
 * How many commands of each tenant a process decides while others send. While one is light, every
 * other has its share in each window and no more. What it sends beyond is decided together in the
 * next window, which leaves the processors to the light one between. While nobody else is light,
 * nobody is held back.
 */
export class Shares {
  /** Commands in a window. */
  private readonly max: number;
  private readonly lightMax: number;
  /** What a tenant may owe: what it cost while it was alone does not shut it out for long. */
  private readonly owedMax: number;
  private windowAt = -Infinity;
  private recentAt = -Infinity;
  private readonly used = new Map<string, Used>();
  private now: Counts = new Map();
  private before: Counts = new Map();
  /** Two light tenants at most: one of them is another than who asks. */
  private light: readonly string[] = [];

  constructor(commandsPerSecond: number) {
    this.max = Math.max(1, Math.round((commandsPerSecond * WINDOW_MS) / 1_000));
    this.owedMax = (this.max * RECENT_MS) / WINDOW_MS;
    this.lightMax = (LIGHT * this.max * RECENT_MS) / WINDOW_MS;
  }

  /** Begins a window if it is time; gives when the present one began. */
  advance(now: number): number {
    const windowAt = beginOf(now, WINDOW_MS);
    if (windowAt === this.windowAt) return windowAt;
    this.windowAt = windowAt;
    const recentAt = beginOf(now, RECENT_MS);
    if (recentAt !== this.recentAt) {
      this.before = this.now;
      this.now = new Map();
      this.recentAt = recentAt;
      for (const [tenant, used] of this.used) {
        const { windowAt: at } = used;
        const paidAt = at + (owedBy(used) / this.max + WINDOWS_MAX) * WINDOW_MS;
        if (paidAt < windowAt || at > windowAt) this.used.delete(tenant);
      }
    }
    this.light = this.findLight();
    return windowAt;
  }

  /** Whether one more command of a tenant may be decided in this window. */
  has(tenant: string): boolean {
    const { count, max } = this.usedBy(tenant);
    if (count < max) return true;
    return this.light.every((name) => name === tenant);
  }

  /** Notes that a command of a tenant is decided. */
  take(tenant: string): void {
    this.count(tenant, 1);
  }

  /** Notes what the decision took: what is beyond the share is taken from the next windows. */
  charge(tenant: string, steps: number): void {
    const commands = Math.floor(steps / COMMAND_STEPS);
    if (commands > 0) this.count(tenant, commands, commands);
  }

  private count(tenant: string, commands: number, charged = 0): void {
    const used = this.usedBy(tenant);
    used.count += commands;
    used.charged += charged;
    this.used.set(tenant, used);
    this.now.set(tenant, (this.now.get(tenant) ?? 0) + commands);
  }

  private usedBy(tenant: string): Used {
    const used = this.used.get(tenant);
    if (used?.windowAt === this.windowAt) return used;
    const passed = used === undefined ? 1 : (this.windowAt - used.windowAt) / WINDOW_MS;
    const windows = Math.min(Math.max(passed, 1), WINDOWS_MAX);
    const paid = Math.max(0, passed - windows) * this.max;
    const owed = used === undefined ? 0 : Math.min(owedBy(used), this.owedMax);
    const count = Math.max(0, owed - paid);
    return { windowAt: this.windowAt, max: windows * this.max, count, charged: count };
  }

  private findLight(): string[] {
    const found: string[] = [];
    for (const taken of [this.now, this.before]) {
      for (const name of taken.keys()) {
        if (!found.includes(name) && this.isLight(name)) found.push(name);
        if (found.length === 2) return found;
      }
    }
    return found;
  }

  private isLight(tenant: string): boolean {
    const most = Math.max(this.now.get(tenant) ?? 0, this.before.get(tenant) ?? 0);
    return most < this.lightMax;
  }
}

/**
 * What a tenant owes of what its decisions cost: one may cost more than a window holds. How many it
 * sent while nobody was held back is forgotten, as ever.
 */
function owedBy({ count, max, charged }: Used): number {
  return Math.max(0, Math.min(count - max, charged));
}

/** When the window after the one that `now` lies in begins. */
export function nextWindowAt(now: number): number {
  return beginOf(now, WINDOW_MS) + WINDOW_MS;
}

function beginOf(now: number, lengthMs: number): number {
  return now - (now % lengthMs);
}
