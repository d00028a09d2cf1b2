import type { DeadLetter, LetterExtent, LetterOrigin } from './port';

/** Dead letters that are given at a time, and the characters of their values. */
const LETTERS_MAX = 1_000;
const CHARS_MAX = 16_000_000;

/**
 * Keeps the first of the dead letters that are wanted, each once, in the order of their origin: of
 * poison there may be more than memory holds, and it may come in any order.
 */
export class FirstLetters {
  private readonly kept: DeadLetter[] = [];
  private chars = 0;
  private wasCut = false;

  constructor(
    private readonly wanted: (letter: DeadLetter) => boolean = () => true,
    readonly extent: LetterExtent = {},
  ) {}

  /** Those that were kept, in order. */
  get letters(): readonly DeadLetter[] {
    return this.kept;
  }

  /** Whether no letter behind those kept can find room any more. */
  get isFull(): boolean {
    return this.wasCut;
  }

  add(letter: DeadLetter): void {
    const { after, max = LETTERS_MAX } = this.extent;
    if (after !== undefined && compareOrigins(letter, after) <= 0) return;
    const at = this.kept.findLastIndex((one) => compareOrigins(one, letter) <= 0);
    const before = this.kept[at];
    if (before !== undefined && compareOrigins(before, letter) === 0) return;
    if (!this.wanted(letter)) return;
    this.kept.splice(at + 1, 0, letter);
    this.chars += letter.record.value.length;
    while (this.kept.length > max || (this.chars > CHARS_MAX && this.kept.length > 1)) {
      this.chars -= this.kept.pop()?.record.value.length ?? 0;
      this.wasCut = true;
    }
  }
}

function compareOrigins(a: LetterOrigin, b: LetterOrigin): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition || a.offset - b.offset;
}
