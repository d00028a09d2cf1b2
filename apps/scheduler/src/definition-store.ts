import { definition, Fault, LIMITS, type Command, type Definition } from '@fermata/contracts';
import {
  compileDefinition,
  definitionHash,
  type LoadedDefinition,
  type PartitionState,
} from '@fermata/core';
import type { LogPort } from '@fermata/log';
import { BoundedCache } from '@fermata/service';
import { Logger } from '@nestjs/common';

/** Name under which a definition is stored, by its hash. */
export function nameOfHash(hash: string): string {
  return `definition-hash/${hash}`;
}

/**
 * A definition that stands on a log and does not compile with this release. What needs it is put
 * aside until a release comes that reads it; the others of the partition go on.
 */
export class DefinitionBroken extends Error {
  override readonly name = 'DefinitionBroken';
}

/**
 * Definitions by hash, shared by all partitions of this process. What is compiled is much larger
 * than its text, so only what was used last stays compiled: the rest is compiled again.
 */
export class DefinitionStore {
  private readonly loaded: BoundedCache<LoadedDefinition>;
  /** For starts that were read and wait their turn: a decision can't read the log. */
  private readonly texts = new BoundedCache<string>(LIMITS.definitionCharsMax);
  /** Told once: each timer of its runs would compile it again in vain. */
  private readonly broken = new Map<string, DefinitionBroken>();
  private readonly logger = new Logger('DefinitionStore');

  constructor(
    private readonly log: LogPort,
    compiledCharsMax: number = LIMITS.compiledCharsMax,
  ) {
    this.loaded = new BoundedCache(compiledCharsMax);
  }

  /** Loads what a batch may need before it is decided: a decision does no I/O. */
  async prepare(commands: readonly Command[], state: PartitionState): Promise<void> {
    for (const command of commands) {
      if (command.type !== 'StartRun') continue;
      const { hash } = command.data.workflow;
      if (this.texts.get(hash) !== undefined || state.definitions.has(hash)) continue;
      const text = await this.log.getLatest(nameOfHash(hash));
      if (text !== null) this.texts.set(hash, text, text.length);
    }
  }

  /**
   * The definition with this hash, from what was loaded or stands on the partition's log. Throws
   * DefinitionBroken when it stands there and does not compile.
   */
  find(hash: string, state: PartitionState): LoadedDefinition | undefined {
    const known = this.loaded.get(hash);
    if (known !== undefined) return known;
    const recorded = state.definitions.get(hash);
    if (recorded !== undefined) return this.compileRecorded(hash, recorded);
    const text = this.texts.get(hash);
    return text === undefined ? undefined : this.load(hash, text);
  }

  private compileRecorded(hash: string, recorded: Definition): LoadedDefinition {
    const known = this.broken.get(hash);
    if (known !== undefined) throw known;
    try {
      return this.compile(hash, recorded);
    } catch (cause) {
      if (!(cause instanceof Fault)) throw cause;
      const broken = new DefinitionBroken(cause.message, { cause });
      this.broken.set(hash, broken);
      this.logger.error(`definition ${hash} is on the log and can't be used: ${cause.message}`);
      throw broken;
    }
  }

  /** What is stored but does not hold is unknown: who starts it is refused, the others go on. */
  private load(hash: string, text: string): LoadedDefinition | undefined {
    try {
      return this.compile(hash, definition.parse(JSON.parse(text)));
    } catch (error) {
      this.logger.error(`definition ${hash} is broken and can't be started: ${error}`);
      this.texts.delete(hash);
      return undefined;
    }
  }

  private compile(hash: string, source: Definition): LoadedDefinition {
    const compiled = compileDefinition(source);
    if (!compiled.ok || definitionHash(source) !== hash) {
      const why = compiled.ok ? 'its content has another hash' : compiled.problems[0]?.message;
      const found = `expected definition ${hash} to compile as it did when it was deployed`;
      throw new Fault('DEFINITION_INVALID', `${found}, found: ${why}; deploy it again`);
    }
    const loaded = { definition: source, graph: compiled.graph };
    this.loaded.set(hash, loaded, JSON.stringify(source).length);
    return loaded;
  }
}
