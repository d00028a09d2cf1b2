import { Fault, LIMITS } from '@fermata/contracts';

/**
 * Room for bodies that are being read: a client that sends half of one and waits keeps that half in
 * memory. What is small needs none, so that ordinary requests go on when the room is taken.
 */
export class BodyRoom {
  private held = 0;
  private readonly byTenant = new Map<string, number>();

  constructor(
    private readonly limits: {
      readonly bodyBytesHeldMax: number;
      readonly bodyBytesHeldPerTenantMax: number;
      readonly smallBodyBytesMax: number;
    } = LIMITS,
  ) {}

  /** Begins to read a body of a tenant. */
  enter(tenant: string): { grow(size: number): void; leave(): void } {
    let mine = 0;
    const set = (next: number) => {
      this.held += next - mine;
      const all = (this.byTenant.get(tenant) ?? 0) + next - mine;
      if (all > 0) this.byTenant.set(tenant, all);
      else this.byTenant.delete(tenant);
      mine = next;
    };
    return {
      grow: (size) => {
        const more = Math.max(0, size - this.limits.smallBodyBytesMax) - mine;
        if (more <= 0) return;
        this.refuse(tenant, more);
        set(mine + more);
      },
      leave: () => set(0),
    };
  }

  private refuse(tenant: string, more: number): void {
    const { bodyBytesHeldMax: all, bodyBytesHeldPerTenantMax: each } = this.limits;
    const ofTenant = (this.byTenant.get(tenant) ?? 0) + more;
    if (ofTenant <= each && this.held + more <= all) return;
    const [most, whose] = ofTenant > each ? [each, 'your tenant'] : [all, 'all tenants'];
    const found = `expected at most ${most} bytes of ${whose} in large bodies that are being sent`;
    throw new Fault('OVERLOADED', `${found}, found more; send this again later`, true);
  }
}
