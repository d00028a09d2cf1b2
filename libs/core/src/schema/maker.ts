import type { Json, JsonObject } from '@fermata/contracts';
import type { PatternRoom } from '../pattern';
import type { FormatCheck } from './formats';
import type { Check, Node } from './node';
import type { Resource, Target } from './resources';

/** What the compilation of one contract shares. */
export interface Compiling {
  readonly formats: ReadonlyMap<string, FormatCheck>;
  /** What is left for patterns in its definition. */
  readonly patterns: PatternRoom;
  /** Notes what is wrong; the first is what the author is told. */
  complain(message: string): void;
  /** The node of a subschema; it is compiled later, so that nothing nests. */
  nodeOf(schema: Json | undefined, owner: Node): Node;
  targetOf(reference: string, owner: Node): Target | null;
  nodeOfTarget(target: Target): Node;
  /** The nodes that a `$dynamicRef` of this name may lead to, by their resource. */
  nodesNamed(dynamic: string): ReadonlyMap<Resource, Node>;
}

/** Makes the check of one keyword; null when there is nothing to check. */
export type Maker = (value: Json, owner: JsonObject, node: Node, into: Compiling) => Check | null;
