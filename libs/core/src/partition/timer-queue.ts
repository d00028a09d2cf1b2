/** A timer: what is due, and when. */
export interface Timer {
  readonly key: string;
  readonly dueAt: number;
}

/**
 * The armed timers of one partition, soonest first. A binary heap that knows where each key
 * stands, so that setting, moving and clearing one costs log n and no dead entries pile up.
 * Ties go by key, so that the order of firing is the same wherever the log is folded.
 */
export class TimerQueue {
  private readonly heap: Timer[] = [];
  private readonly at = new Map<string, number>();

  get size(): number {
    return this.heap.length;
  }

  /** The soonest timer. */
  peek(): Timer | undefined {
    return this.heap[0];
  }

  /** When this timer is due, if it is armed. */
  dueAt(key: string): number | undefined {
    const index = this.at.get(key);
    return index === undefined ? undefined : this.heap[index]?.dueAt;
  }

  /** Arms, moves or (with null) clears a timer. */
  set(key: string, dueAt: number | null): void {
    const index = this.at.get(key);
    if (dueAt === null) {
      if (index !== undefined) this.removeAt(index);
      return;
    }
    const timer = { key, dueAt };
    if (index === undefined) this.rise(timer, this.heap.length);
    else {
      this.rise(timer, index);
      this.sink(timer, this.at.get(key) ?? index);
    }
  }

  /** Timers due at or before a moment, soonest first, at most `max`; they stay armed. */
  due(at: number, max: number): Timer[] {
    const found: Timer[] = [];
    const open = [0];
    while (found.length < max && open.length > 0) {
      const best = open.reduce((least, index) => (this.before(index, least) ? index : least));
      open.splice(open.indexOf(best), 1);
      const timer = this.heap[best];
      if (timer === undefined || timer.dueAt > at) continue;
      found.push(timer);
      open.push(2 * best + 1, 2 * best + 2);
    }
    return found;
  }

  private before(left: number, right: number): boolean {
    const [a, b] = [this.heap[left], this.heap[right]];
    return a !== undefined && (b === undefined || isSooner(a, b));
  }

  private place(timer: Timer, index: number): void {
    this.heap[index] = timer;
    this.at.set(timer.key, index);
  }

  private rise(timer: Timer, from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.heap[above];
      if (parent === undefined || !isSooner(timer, parent)) break;
      this.place(parent, index);
      index = above;
    }
    this.place(timer, index);
  }

  private sink(timer: Timer, from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const child = this.before(left + 1, left) ? left + 1 : left;
      const below = this.heap[child];
      if (below === undefined || !isSooner(below, timer)) break;
      this.place(below, index);
      index = child;
    }
    this.place(timer, index);
  }

  private removeAt(index: number): void {
    const removed = this.heap[index];
    const last = this.heap.pop();
    if (removed === undefined || last === undefined) return;
    this.at.delete(removed.key);
    if (last.key === removed.key) return;
    this.rise(last, index);
    this.sink(last, this.at.get(last.key) ?? index);
  }
}

function isSooner(a: Timer, b: Timer): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.key < b.key);
}
