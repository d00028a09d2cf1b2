import { InvariantBroken, type LoadedDefinition } from '@fermata/core';
import { DefinitionStore } from '@fermata/scheduler';
import type { Definition } from '@fermata/contracts';
import type { Simulation } from './simulation';
import { POISON } from './workflows';

interface StoreInside {
  readonly loaded: Map<string, LoadedDefinition>;
  compile(hash: string, source: Definition): LoadedDefinition;
}

const compiled = new Map<string, LoadedDefinition>();

/** Compiles each definition once for all processes, which would all come to the same. */
export function shareCompiled(): () => void {
  const stores = DefinitionStore.prototype as unknown as StoreInside;
  const { compile } = stores;
  stores.compile = function (this: StoreInside, hash, source) {
    const known = compiled.get(hash) ?? compile.call(this, hash, source);
    compiled.set(hash, known);
    this.loaded.set(hash, known);
    return known;
  };
  return () => void (stores.compile = compile);
}

/**
 * Lets a step of one workflow break an invariant for the runs whose input says so, as a defect
 * of ours would, until it is repaired; gives what undoes it.
 */
export function poisonRuns(sim: Simulation): () => void {
  const { find } = DefinitionStore.prototype;
  DefinitionStore.prototype.find = function (hash, state) {
    const loaded = find.call(this, hash, state);
    const isPoison = loaded?.definition.workflow.name === POISON && !sim.faults.areOver;
    return loaded !== undefined && isPoison ? poisoned(loaded) : loaded;
  };
  return () => void (DefinitionStore.prototype.find = find);
}

function poisoned({ definition, graph }: LoadedDefinition): LoadedDefinition {
  const steps = graph.steps.map((step) => {
    const { id, work } = step;
    if (id !== 'p' || work.kind !== 'agent') return step;
    const input: typeof work.input = (scope) => {
      if (isPoisoned(scope.run.input)) throw new InvariantBroken('a poisoned run is quarantined');
      return work.input(scope);
    };
    return { ...step, work: { ...work, input } };
  });
  return { definition, graph: { ...graph, steps } };
}

function isPoisoned(input: unknown): boolean {
  return (
    typeof input === 'object' && input !== null && 'poisoned' in input && input.poisoned === true
  );
}
