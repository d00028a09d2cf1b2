import { Fault, LIMITS } from '@fermata/contracts';

/** How many answers that are streams there may be. */
interface StreamLimits {
  readonly streamsMax: number;
  readonly streamsPerTenantMax: number;
}

/** Counts answers that last, for each tenant and in all; one more than allowed is refused. */
export class StreamRoom {
  private readonly open = new Map<string, number>();
  private all = 0;

  constructor(private readonly limits: StreamLimits = LIMITS) {}

  /** Takes a place; what it gives back ends it, once. */
  enter(tenant: string): () => void {
    const mine = this.open.get(tenant) ?? 0;
    const { streamsMax, streamsPerTenantMax } = this.limits;
    if (mine >= streamsPerTenantMax) throw full(`of your tenant, streamsPerTenantMax`, mine);
    if (this.all >= streamsMax) throw full(`of this service, streamsMax`, this.all);
    this.open.set(tenant, mine + 1);
    this.all += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.all -= 1;
      const left = (this.open.get(tenant) ?? 1) - 1;
      if (left === 0) this.open.delete(tenant);
      else this.open.set(tenant, left);
    };
  }
}

function full(whose: string, found: number): Fault {
  const message = `expected fewer streams ${whose}, found ${found} open`;
  const remedy = 'close one, or read page by page, as with /events?after=<sequence>';
  return new Fault('OVERLOADED', `${message}; ${remedy}`, true);
}
