import { definition, Fault, type Command, type Definition } from '@fermata/contracts';
import {
  compileDefinition,
  definitionHash,
  type LoadedDefinition,
  type PartitionState,
} from '@fermata/core';
import type { LogPort } from '@fermata/log';
import { Logger } from '@nestjs/common';

/** Name under which a definition is stored, by its hash. */
export function nameOfHash(hash: string): string {
  return `definition-hash/${hash}`;
}

/** Compiled definitions by hash, shared by all partitions of this process. */
export class DefinitionStore {
  private readonly loaded = new Map<string, LoadedDefinition>();
  private readonly logger = new Logger('DefinitionStore');

  constructor(private readonly log: LogPort) {}

  /** Loads what a batch may need before it is decided: a decision does no I/O. */
  async prepare(commands: readonly Command[], state: PartitionState): Promise<void> {
    for (const command of commands) {
      if (command.type !== 'StartRun') continue;
      const { hash } = command.data.workflow;
      if (this.loaded.has(hash) || state.definitions.has(hash)) continue;
      const text = await this.log.getLatest(nameOfHash(hash));
      if (text !== null) this.load(hash, text);
    }
  }

  /** What is stored but does not hold is unknown: who starts it is refused, the others go on. */
  private load(hash: string, text: string): void {
    try {
      this.compile(hash, definition.parse(JSON.parse(text)));
    } catch (error) {
      this.logger.error(`definition ${hash} is broken and can't be started: ${error}`);
    }
  }

  /** The definition with this hash, from what was loaded or stands on the partition's log. */
  find(hash: string, state: PartitionState): LoadedDefinition | undefined {
    const known = this.loaded.get(hash);
    if (known !== undefined) return known;
    const recorded = state.definitions.get(hash);
    return recorded && this.compile(hash, recorded);
  }

  private compile(hash: string, source: Definition): LoadedDefinition {
    const compiled = compileDefinition(source);
    if (!compiled.ok || definitionHash(source) !== hash) {
      const why = compiled.ok ? 'its content has another hash' : compiled.problems[0]?.message;
      const found = `expected definition ${hash} to compile as it did when it was deployed`;
      throw new Fault('DEFINITION_INVALID', `${found}, found: ${why}; deploy it again`);
    }
    const loaded = { definition: source, graph: compiled.graph };
    this.loaded.set(hash, loaded);
    return loaded;
  }
}
