import type { DeadLetter } from './port';

/** Dead letters that are given at a time, and the characters of their values. */
const LETTERS_MAX = 1_000;
const CHARS_MAX = 64_000_000;

/** Keeps the newest of the dead letters that are wanted, each once: of poison there may be much. */
export class NewestLetters {
  private readonly kept = new Map<string, DeadLetter>();
  private chars = 0;

  constructor(private readonly wanted: (letter: DeadLetter) => boolean = () => true) {}

  /** Those that were kept, in the order in which they came. */
  get letters(): readonly DeadLetter[] {
    return [...this.kept.values()];
  }

  add(letter: DeadLetter): void {
    const name = `${letter.topic}/${letter.partition}/${letter.offset}`;
    if (this.kept.has(name) || !this.wanted(letter)) return;
    this.kept.set(name, letter);
    this.chars += letter.record.value.length;
    while (this.kept.size > LETTERS_MAX || (this.chars > CHARS_MAX && this.kept.size > 1)) {
      const [[oldest, { record }] = [name, letter]] = this.kept;
      this.kept.delete(oldest);
      this.chars -= record.value.length;
    }
  }
}
