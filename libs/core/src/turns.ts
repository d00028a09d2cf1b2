/**
 * A line of items, the oldest first, from which any may leave. Its one iterator is kept: a new one
 * would walk over the places of all that have left since the set last grew.
 */
export class Line<T> {
  private items = new Set<T>();
  private places = this.items.values();
  private head: T | undefined;

  get size(): number {
    return this.items.size;
  }

  /** Puts an item at the end; one that stands in line already keeps its place. */
  add(item: T): void {
    this.items.add(item);
  }

  /** Lets an item leave, wherever it stands; says whether it stood there. */
  delete(item: T): boolean {
    if (item === this.head) this.head = undefined;
    return this.items.delete(item);
  }

  /** The oldest item. */
  first(): T | undefined {
    if (this.head !== undefined) return this.head;
    const { value, done } = this.places.next();
    if (!done) return (this.head = value);
    this.items = new Set();
    this.places = this.items.values();
    return undefined;
  }

  /** Takes the oldest item. */
  shift(): T | undefined {
    const item = this.first();
    if (item !== undefined) this.delete(item);
    return item;
  }
}

/**
 * Lines that are served in turns, one item of each: who has many waits for its own, and who has one
 * waits for one of each other. Every operation takes constant time.
 */
export class Turns<T> {
  private readonly lines = new Map<string, Line<T>>();
  /** Who has something in line, the next to be served first. */
  private readonly order = new Line<string>();
  /** Whose lines are passed over. */
  private readonly resting = new Set<string>();
  private count = 0;

  /** Items in all lines. */
  get size(): number {
    return this.count;
  }

  /** Whose lines are not empty. */
  get names(): number {
    return this.lines.size;
  }

  /** Puts an item at the end of a line. */
  add(name: string, item: T): void {
    const line = this.lines.get(name) ?? new Line<T>();
    const before = line.size;
    line.add(item);
    this.count += line.size - before;
    this.lines.set(name, line);
    if (!this.resting.has(name)) this.order.add(name);
  }

  /** The item that `next` would take. */
  peek(): T | undefined {
    const name = this.order.first();
    return name === undefined ? undefined : this.lines.get(name)?.first();
  }

  /** Passes the line whose turn it is over until all are woken. */
  rest(): void {
    const name = this.order.shift();
    if (name !== undefined) this.resting.add(name);
  }

  /** Lines that rested are served again. */
  wake(): void {
    for (const name of this.resting) this.order.add(name);
    this.resting.clear();
  }

  /** Takes the oldest item of the line whose turn it is. */
  next(): T | undefined {
    const name = this.order.shift();
    if (name === undefined) return undefined;
    const line = this.lines.get(name);
    const item = line?.shift();
    this.count -= 1;
    this.keepTurn(name, line);
    return item;
  }

  /** Lets an item leave its line; says whether it stood there. */
  delete(name: string, item: T): boolean {
    const line = this.lines.get(name);
    if (!line?.delete(item)) return false;
    this.count -= 1;
    if (line.size === 0) {
      this.lines.delete(name);
      this.order.delete(name);
      this.resting.delete(name);
    }
    return true;
  }

  /** The oldest item of each line. */
  *firsts(): Generator<T> {
    for (const line of this.lines.values()) {
      const first = line.first();
      if (first !== undefined) yield first;
    }
  }

  private keepTurn(name: string, line: Line<T> | undefined): void {
    if (line !== undefined && line.size > 0) this.order.add(name);
    else this.lines.delete(name);
  }
}
