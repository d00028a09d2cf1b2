import { LIMITS } from '@fermata/contracts';
import { parseExpression } from '../expression/environment';
import { nodesOf } from '../expression/syntax';
import type { Compilation, Placed } from '../graph/author';
import { complain } from '../graph/problem';
import type { Pieces } from '../pieces';

/**
 * Refuses a definition that is too large to be compiled again and again while others wait. Only
 * authors are told: what was deployed before is compiled, however large it is.
 */
export function* checkSizeOfWork(
  { contracts, report }: Compilation,
  placed: readonly Placed[],
): Pieces<void> {
  const schemas = LIMITS.definitionSchemasMax;
  if (contracts.schemas > schemas) {
    const most = `${schemas} schemas in all contracts of a definition (definitionSchemasMax)`;
    const found = `expected at most ${most}, found ${contracts.schemas}`;
    const message = `${found}; check less in them, or split the workflow`;
    complain(report, 'LIMIT_EXCEEDED', ['workflow'], message);
  }
  const max = LIMITS.definitionExpressionNodesMax;
  let nodes = 0;
  for (const { source, place } of placed) {
    yield;
    const ast = parseExpression(source);
    if (ast !== null) nodes += nodesOf(ast);
    if (nodes <= max) continue;
    const most = `${max} parts in all expressions of a definition (definitionExpressionNodesMax)`;
    const message = `expected at most ${most}, found more; compute values in a step`;
    complain(report, 'LIMIT_EXCEEDED', place.path, message);
    return;
  }
}
