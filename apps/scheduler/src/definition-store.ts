import {
  definition,
  Fault,
  LIMITS,
  nameOfDefinition,
  recordKey,
  type Command,
  type Definition,
} from '@fermata/contracts';
import {
  compiling,
  drained,
  type LoadedDefinition,
  type PartitionState,
  type Pieces,
} from '@fermata/core';
import type { LogPort } from '@fermata/log';
import { BoundedCache, inPieces } from '@fermata/service';
import { Logger } from '@nestjs/common';
import type { Solitude } from './solitude';

/**
 * A definition that stands on a log and does not compile with this release. The runs of
 * it are in quarantine until a release comes that reads it; the others of the partition go on.
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
  /** What is being compiled. */
  private readonly ahead = new Set<string>();
  /** What could not be compiled ahead. */
  private readonly failed = new Set<string>();
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
      const text = await this.log.getLatest(nameOfDefinition(hash));
      if (text !== null) this.texts.set(hash, text, text.length);
    }
  }

  /**
   * Tells whether what a command needs is compiled. If not, that is done in pieces, between what
   * others ask of the process; nobody decides alone meanwhile. A decision that does not wait for
   * it, such as of a timer, compiles at once.
   */
  readyIn(state: PartitionState, solitude: Solitude): (command: Command) => boolean {
    return (command) => this.isReady(command, state, solitude);
  }

  private isReady(command: Command, state: PartitionState, solitude: Solitude): boolean {
    const hash = hashFor(command, state);
    if (hash === undefined || this.isSettled(hash)) return true;
    if (this.ahead.has(hash)) return false;
    const recorded = state.definitions.get(hash);
    const text = this.texts.get(hash);
    if (recorded === undefined && text === undefined) return true;
    const sourceOf = () => recorded ?? definition.parse(JSON.parse(text ?? ''));
    this.ahead.add(hash);
    const compiled = inPieces(command.tenant, this.compilingAhead(hash, sourceOf));
    if (this.isSettled(hash)) return true;
    solitude.linger(compiled);
    return false;
  }

  /** Whether it is known what became of a definition; of one that failed it is asked once. */
  private isSettled(hash: string): boolean {
    return this.loaded.get(hash) !== undefined || this.broken.has(hash) || this.failed.delete(hash);
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
    return drained(this.compiling(hash, source));
  }

  private *compiling(hash: string, source: Definition): Pieces<LoadedDefinition> {
    const compiled = yield* compiling(source);
    if (!compiled.ok || compiled.graph.hash !== hash) {
      const why = compiled.ok ? 'its content has another hash' : compiled.problems[0]?.message;
      const found = `expected definition ${hash} to compile as it did when it was deployed`;
      throw new Fault('DEFINITION_INVALID', `${found}, found: ${why}; deploy it again`);
    }
    const loaded = { definition: source, graph: compiled.graph };
    this.loaded.set(hash, loaded, JSON.stringify(source).length);
    return loaded;
  }

  /** Compiles ahead of a decision. What fails is told where it is needed: there it fails again. */
  private *compilingAhead(hash: string, sourceOf: () => Definition): Pieces<void> {
    try {
      yield* this.compiling(hash, sourceOf());
    } catch {
      this.failed.add(hash);
    } finally {
      this.ahead.delete(hash);
    }
  }
}

/** The definition that a command's decision works with, by its hash. */
function hashFor(command: Command, state: PartitionState): string | undefined {
  if (command.type === 'StartRun') return command.data.workflow.hash;
  return state.runs.get(recordKey(command.tenant, command.run))?.workflow.hash;
}
