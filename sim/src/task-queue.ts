import type { SimProcess } from './sim-process';

/** Work that is due at a moment. */
export interface Task {
  at: number;
  /** Ties go by the order in which tasks were made. */
  readonly order: number;
  readonly work: () => void;
  readonly process: SimProcess | undefined;
  isCancelled: boolean;
}

/** Tasks, soonest first: a binary heap. */
export class TaskQueue {
  private readonly heap: Task[] = [];
  private made = 0;

  add(at: number, work: () => void, process: SimProcess | undefined): Task {
    const task: Task = { at, order: this.made++, work, process, isCancelled: false };
    this.rise(task, this.heap.length);
    return task;
  }

  /** Puts a task that was taken back, for later. */
  put(task: Task, at: number): void {
    task.at = at;
    this.rise(task, this.heap.length);
  }

  peek(): Task | undefined {
    return this.heap[0];
  }

  pop(): Task | undefined {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (first !== undefined && last !== undefined && first !== last) this.sink(last, 0);
    return first;
  }

  private rise(task: Task, from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.heap[above];
      if (parent === undefined || !isSooner(task, parent)) break;
      this.heap[index] = parent;
      index = above;
    }
    this.heap[index] = task;
  }

  private sink(task: Task, from: number): void {
    let index = from;
    for (;;) {
      const left = this.heap[2 * index + 1];
      const right = this.heap[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isSooner(right, left);
      const child = isRight ? right : left;
      if (!isSooner(child, task)) break;
      this.heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    this.heap[index] = task;
  }
}

function isSooner(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
