import fc from 'fast-check';
import { emptyMap, entriesOf, getEntry, setEntry } from './persistent-map';

describe('the persistent map', () => {
  it('answers as a Map does, and no older version changes', () => {
    const write = fc.tuple(fc.stringMatching(/^[a-z]{1,3}$/), fc.nat());
    fc.assert(
      fc.property(fc.array(write, { maxLength: 400 }), (writes) => {
        let map = emptyMap<number>();
        const model = new Map<string, number>();
        const versions: [typeof map, [string, number][]][] = [];
        for (const [key, value] of writes) {
          map = setEntry(map, key, value);
          model.set(key, value);
          if (model.size % 7 === 0) versions.push([map, [...model]]);
        }
        expect(new Map(entriesOf(map))).toEqual(model);
        expect(map.size).toBe(model.size);
        for (const [key, value] of model) expect(getEntry(map, key)).toBe(value);
        for (const [version, entries] of versions) {
          expect(new Map(entriesOf(version))).toEqual(new Map(entries));
        }
      }),
    );
  });
});
