import type { Command } from '@fermata/contracts';
import { SpanKind, spansAreOn, tellSpan } from '@fermata/service';

/** The command with a span of its decision in its trace, which its events hand on. */
export function traced(command: Command): Command {
  if (!spansAreOn()) return command;
  const { type, run, traceparent: parent } = command;
  const attributes = { 'fermata.run': run, 'fermata.command': type };
  const traceparent = tellSpan(`decide ${type}`, { kind: SpanKind.CONSUMER, parent, attributes });
  return traceparent === undefined ? command : { ...command, traceparent };
}
