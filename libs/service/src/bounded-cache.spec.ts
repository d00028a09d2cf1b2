import { BoundedCache } from './bounded-cache';

describe('a bounded cache', () => {
  it('lets go of what was not used for the longest time', () => {
    const cache = new BoundedCache<string>(10);
    cache.set('a', 'A', 4);
    cache.set('b', 'B', 4);
    expect(cache.get('a')).toBe('A');
    cache.set('c', 'C', 4);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['A', undefined, 'C']);
  });

  it('keeps the newest whatever its size: who needs it now must find it', () => {
    const cache = new BoundedCache<string>(10);
    cache.set('a', 'A', 4);
    cache.set('b', 'B', 99);
    expect([cache.get('a'), cache.get('b')]).toEqual([undefined, 'B']);
    cache.set('c', 'C', 4);
    expect([cache.get('b'), cache.get('c')]).toEqual([undefined, 'C']);
  });

  it('counts what it is given anew, or lets go, once', () => {
    const cache = new BoundedCache<string>(10);
    for (let times = 0; times < 5; times++) cache.set('a', 'A', 6);
    cache.delete('nothing');
    cache.set('b', 'B', 4);
    expect([cache.get('a'), cache.get('b')]).toEqual(['A', 'B']);
  });
});
