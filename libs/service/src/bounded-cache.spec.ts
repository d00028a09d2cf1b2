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

  it('knows the order of use also of what is asked for again and again, and of what went', () => {
    const cache = new BoundedCache<string>(10);
    cache.set('a', 'A', 4);
    cache.set('b', 'B', 4);
    for (const key of ['b', 'a', 'a', 'b', 'a']) cache.get(key);
    cache.set('c', 'C', 4);
    expect([cache.get('b'), cache.get('c'), cache.get('a')]).toEqual([undefined, 'C', 'A']);
    cache.delete('a');
    cache.set('a', 'A2', 4);
    cache.get('c');
    cache.set('d', 'D', 4);
    expect([cache.get('a'), cache.get('c'), cache.get('d')]).toEqual([undefined, 'C', 'D']);
  });
});
