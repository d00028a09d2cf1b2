import { NewestLetters } from './newest-letters';

const letter = (offset: number, value = '{') => ({
  topic: 'commands' as const,
  partition: 0,
  offset,
  code: 'JSON_MALFORMED',
  reason: 'no JSON',
  record: { key: 'acme/run-1', headers: {}, value },
});

const offsetsOf = (newest: NewestLetters): number[] => newest.letters.map(({ offset }) => offset);

describe('the newest dead letters', () => {
  it('are each kept once, in their order, if they are wanted', () => {
    const newest = new NewestLetters(({ offset }) => offset !== 2);
    for (const offset of [3, 1, 2, 1, 3]) newest.add(letter(offset));
    expect(offsetsOf(newest)).toEqual([3, 1]);
  });

  it('are bounded in number and in size', () => {
    const many = new NewestLetters();
    for (let offset = 0; offset < 1_005; offset += 1) many.add(letter(offset));
    expect(offsetsOf(many)).toHaveLength(1_000);
    expect(offsetsOf(many)[0]).toBe(5);
    const large = new NewestLetters();
    for (const offset of [0, 1, 2]) large.add(letter(offset, 'x'.repeat(30_000_000)));
    expect(offsetsOf(large)).toEqual([1, 2]);
    large.add(letter(3, 'x'.repeat(70_000_000)));
    expect(offsetsOf(large)).toEqual([3]);
  });
});
