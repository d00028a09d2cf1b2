/** A simulated process: what it awaits never comes once it is dead, and comes late while paused. */
export class SimProcess {
  isDead = false;
  /** True time until which it is stopped, as by SIGSTOP. */
  pausedUntil = 0;
  private readonly endings: (() => void)[] = [];

  constructor(
    readonly name: string,
    /** How far its clock is from true time. */
    public skewMs: number,
  ) {}

  /** Ends it, as kill -9 does: it hears of nothing any more. */
  crash(): void {
    if (this.isDead) return;
    this.isDead = true;
    for (const ending of this.endings) ending();
  }

  /** Calls back when it dies. */
  onEnd(ending: () => void): void {
    this.endings.push(ending);
  }
}
