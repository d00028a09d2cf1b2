import { Fault, LIMITS } from '@fermata/contracts';

/** How many reads are answered at a time. */
interface ReadLimits {
  readonly readsMax: number;
  readonly readsPerTenantMax: number;
  readonly readsWaitingMax: number;
}

interface Waiting {
  readonly tenant: string;
  readonly begin: (leave: () => void) => void;
}

/**
 * Where reads are answered, some at a time: each may hold a large view in memory until it was
 * read, so that many at once would hold all of it. A tenant has a few places; others wait.
 */
export class ReadingRoom {
  private readonly reading = new Map<string, number>();
  private readonly line: Waiting[] = [];
  private all = 0;

  constructor(private readonly limits: ReadLimits = LIMITS) {}

  /** Waits for a place; what it gives ends the read, once. */
  enter(tenant: string): Promise<() => void> {
    const waiting = this.line.filter((one) => one.tenant === tenant).length;
    if (waiting >= this.limits.readsWaitingMax) {
      const found = `expected fewer reads of your tenant that wait, found ${waiting}`;
      throw new Fault('OVERLOADED', `${found} (readsWaitingMax); ask again in a moment`, true);
    }
    return new Promise((begin) => {
      this.line.push({ tenant, begin });
      this.serve();
    });
  }

  /** Does a piece of a read that lasts once there is a place, and holds that no longer. */
  async within<T>(tenant: string, read: () => Promise<T>): Promise<T> {
    const leave = await this.enter(tenant);
    try {
      return await read();
    } finally {
      leave();
    }
  }

  /** Gives free places to those who came first, and passes over tenants that have theirs. */
  private serve(): void {
    const { readsMax, readsPerTenantMax } = this.limits;
    while (this.all < readsMax) {
      const isNext = ({ tenant }: Waiting) => (this.reading.get(tenant) ?? 0) < readsPerTenantMax;
      const at = this.line.findIndex(isNext);
      const [next] = at < 0 ? [] : this.line.splice(at, 1);
      if (next === undefined) return;
      this.all += 1;
      this.reading.set(next.tenant, (this.reading.get(next.tenant) ?? 0) + 1);
      next.begin(this.leaving(next.tenant));
    }
  }

  private leaving(tenant: string): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.all -= 1;
      const left = (this.reading.get(tenant) ?? 1) - 1;
      if (left === 0) this.reading.delete(tenant);
      else this.reading.set(tenant, left);
      this.serve();
    };
  }
}
