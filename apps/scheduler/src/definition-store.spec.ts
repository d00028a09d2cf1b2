import { canonicalJson, nameOfDefinition, type Json } from '@fermata/contracts';
import { definitionHash, emptyPartition } from '@fermata/core';
import { memoryLog } from '@fermata/log';
import { definitionOf, look } from '@fermata/testing';
import { DefinitionStore } from './definition-store';
import { startOf } from './flow.fixture';
import { Solitude } from './solitude';

const DEFINITIONS = ['a', 'b', 'c'].map((id) => definitionOf({ [id]: look() }));

describe('the store of definitions', () => {
  it('keeps compiled what was used last, and compiles the rest again when it is needed', async () => {
    const log = memoryLog(1);
    const state = emptyPartition(1);
    const hashes = DEFINITIONS.map(definitionHash);
    const texts = DEFINITIONS.map((one) => canonicalJson(one as unknown as Json));
    for (const [index, hash] of hashes.entries()) {
      await log.putLatest(nameOfDefinition(hash), texts[index] ?? '');
    }
    const store = new DefinitionStore(log, (texts[0]?.length ?? 0) * 2 + 10);
    const commands = hashes.map((hash) =>
      startOf('r', { data: { workflow: { name: 'flow', version: '1.0.0', hash }, input: {} } }),
    );
    await store.prepare(commands, state);
    const [first, second, third] = hashes.map((hash) => store.find(hash, state));
    expect([first, second, third].every((one) => one !== undefined)).toBe(true);
    expect(store.find(hashes[2] ?? '', state)).toBe(third);
    const again = store.find(hashes[0] ?? '', state);
    expect(again).not.toBe(first);
    expect(again?.graph.hash).toBe(hashes[0]);
  });

  it('compiles what begun runs need ahead of their commands, and waits for nothing that is broken', async () => {
    const log = memoryLog(1);
    const [one] = DEFINITIONS;
    if (one === undefined) throw new Error('expected a definition');
    const hash = definitionHash(one);
    const state = emptyPartition(1);
    const start = startOf('r', {
      data: { workflow: { name: 'flow', version: '1.0.0', hash }, input: {} },
    });
    const store = new DefinitionStore(log);
    const isReady = store.readyIn(state, new Solitude());
    expect(isReady(start)).toBe(true);
    state.definitions.set(hash, one);
    // It is small: the first slice is enough.
    expect(isReady(start)).toBe(true);
    expect(store.find(hash, state)?.graph.hash).toBe(hash);
    state.definitions.set('other', one);
    const other = startOf('r', {
      data: { workflow: { name: 'flow', version: '1.0.0', hash: 'other' }, input: {} },
    });
    expect(isReady(other)).toBe(true);
    expect(() => store.find('other', state)).toThrow(/another hash/);
    expect(isReady(other)).toBe(true);
  });
});
