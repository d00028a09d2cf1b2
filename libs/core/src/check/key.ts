import { serialize, type ASTNode } from '@marcbachmann/cel-js';
import { fieldOf, isNode, literalOf, unwrapped } from './reading';

/**
 * The name of the value that a node gives: nodes of the same name give the same value, however
 * they are written. So `a["b"]` is `a.b`, `"b" in a` asks what `has(a.b)` asks, and what is
 * compared may stand on either side.
 */
export function keyOf(given: ASTNode): string {
  const node = unwrapped(given);
  const read = fieldOf(node);
  if (read !== null) return member(read.object, read.field);
  switch (node.op) {
    case 'id':
      return node.args;
    case 'value':
      return serialize(node);
    case '==':
    case '!=':
      return `${node.op}(${node.args.map(keyOf).sort().join()})`;
    case '<':
    case '<=':
      return `${node.op}(${node.args.map(keyOf).join()})`;
    case '>':
    case '>=':
      return `${node.op === '>' ? '<' : '<='}(${node.args.map(keyOf).reverse().join()})`;
    case 'in': {
      const [item, of] = node.args;
      const name = of.op === 'list' ? undefined : literalOf(item);
      return typeof name === 'string' ? `has(${member(of, name)})` : `in(${partsOf(node.args)})`;
    }
    case 'call': {
      const [name, args] = node.args;
      return name === 'has' ? `has(${args.map(keyOf).join()})` : `${name}(${partsOf(args)})`;
    }
    default:
      return `${node.op}(${partsOf(node.args)})`;
  }
}

function member(object: ASTNode, field: string): string {
  return `${keyOf(object)}.${JSON.stringify(field)}`;
}

/** What a node consists of: nodes, names, and lists of both. */
function partsOf(args: unknown): string {
  if (Array.isArray(args)) return `[${args.map(partsOf).join()}]`;
  return isNode(args) ? keyOf(args) : JSON.stringify(String(args));
}
