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

/** Commands that were decided of each tenant in some time. */
type Counts = Map<string, number>;

/** What a tenant took in the last window that it took anything in, and might take there. */
interface Used {
  readonly windowAt: number;
  readonly max: number;
  count: number;
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
  private windowAt = -Infinity;
  private recentAt = -Infinity;
  private readonly used = new Map<string, Used>();
  private now: Counts = new Map();
  private before: Counts = new Map();
  /** Two light tenants at most: one of them is another than who asks. */
  private light: readonly string[] = [];

  constructor(commandsPerSecond: number) {
    this.max = Math.max(1, Math.round((commandsPerSecond * WINDOW_MS) / 1_000));
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
      for (const [tenant, { windowAt: at }] of this.used) {
        if (at < windowAt - WINDOWS_MAX * WINDOW_MS || at > windowAt) this.used.delete(tenant);
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
    const used = this.usedBy(tenant);
    used.count += 1;
    this.used.set(tenant, used);
    this.now.set(tenant, (this.now.get(tenant) ?? 0) + 1);
  }

  private usedBy(tenant: string): Used {
    const used = this.used.get(tenant);
    if (used?.windowAt === this.windowAt) return used;
    const passed = used === undefined ? 1 : (this.windowAt - used.windowAt) / WINDOW_MS;
    const windows = Math.min(Math.max(passed, 1), WINDOWS_MAX);
    return { windowAt: this.windowAt, max: windows * this.max, count: 0 };
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

/** When the window after the one that `now` lies in begins. */
export function nextWindowAt(now: number): number {
  return beginOf(now, WINDOW_MS) + WINDOW_MS;
}

function beginOf(now: number, lengthMs: number): number {
  return now - (now % lengthMs);
}
