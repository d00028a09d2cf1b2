interface Entry<T> {
  readonly value: T;
  readonly size: number;
}

/** Keeps what was used last, as much as fits; the rest can be made again. */
export class BoundedCache<T> {
  private readonly entries = new Map<string, Entry<T>>();
  private size = 0;
  /** What was used last stands last already: most of the time it is asked for again. */
  private newest: string | undefined;

  constructor(private readonly sizeMax: number) {}

  get(key: string): T | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (key === this.newest) return entry.value;
    this.entries.delete(key);
    this.entries.set(key, entry);
    this.newest = key;
    return entry.value;
  }

  /** Keeps a value of a size, in place of what was not used for the longest time. */
  set(key: string, value: T, size: number): void {
    this.delete(key);
    this.entries.set(key, { value, size });
    this.newest = key;
    this.size += size;
    for (const oldest of this.entries.keys()) {
      if (this.size <= this.sizeMax || oldest === key) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.size -= this.entries.get(key)?.size ?? 0;
    this.entries.delete(key);
    if (key === this.newest) this.newest = undefined;
  }
}
