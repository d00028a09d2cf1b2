import {
  context,
  metrics,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Link,
  type Span,
} from '@opentelemetry/api';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
let enabled = false;

/** Turns spans on: called once by whoever started an exporter. Until then a span costs nothing. */
export function enableSpans(): void {
  enabled = true;
}

/** Whether spans are made; work that would only serve them can be left out otherwise. */
export function spansAreOn(): boolean {
  return enabled;
}

/** A caller’s `traceparent`, or undefined when it is none: a bad header is no reason to refuse. */
export function traceparentIn(header: string | undefined): string | undefined {
  return header !== undefined && TRACEPARENT.test(header) ? header : undefined;
}

/** What a span says of the work it is around. */
export interface SpanOptions {
  readonly kind?: SpanKind;
  /** W3C `traceparent` that the work was handed. */
  readonly parent?: string | undefined;
  /** A `traceparent` that the work is related to without being its child. */
  readonly link?: string | undefined;
  readonly attributes?: Attributes;
}

/**
 * Does work inside a span and hands it the `traceparent` to pass on; without tracing that is the
 * one it came with, so that a caller's own trace still joins up.
 */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (traceparent: string | undefined) => Promise<T>,
): Promise<T> {
  if (!enabled) return work(options.parent);
  const span = startSpan(name, options);
  try {
    return await context.with(trace.setSpan(context.active(), span), () =>
      work(traceparentOf(span)),
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    span.setStatus({ code: SpanStatusCode.ERROR, message });
    throw error;
  } finally {
    span.end();
  }
}

/** A span that is over when it is told of: for gates and decisions, which no span waits for. */
export function tellSpan(name: string, options: SpanOptions): string | undefined {
  if (!enabled) return options.parent;
  const span = startSpan(name, options);
  span.end();
  return traceparentOf(span);
}

function startSpan(name: string, options: SpanOptions): Span {
  const { kind = SpanKind.INTERNAL, attributes = {}, parent, link } = options;
  const linked = link === undefined ? undefined : remote(link);
  const links: Link[] = linked === undefined ? [] : [{ context: linked }];
  const from = parent === undefined ? undefined : remote(parent);
  const base = from === undefined ? context.active() : trace.setSpanContext(ROOT_CONTEXT, from);
  return trace.getTracer('fermata').startSpan(name, { kind, attributes, links }, base);
}

function remote(traceparent: string) {
  const match = TRACEPARENT.exec(traceparent);
  if (match === null) return undefined;
  const [, traceId = '', spanId = '', flags = '00'] = match;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0 ? '01' : '00';
  return `00-${traceId}-${spanId}-${sampled}`;
}

/** One value of a gauge, and what it is of. */
export interface GaugeValue {
  readonly value: number;
  readonly attributes: Attributes;
}

/** Tells a value whenever metrics are collected; without metrics it is never asked for. */
export function tellGauge(
  name: string,
  description: string,
  values: () => readonly GaugeValue[],
): void {
  const gauge = metrics.getMeter('fermata').createObservableGauge(name, { description });
  gauge.addCallback((result) => {
    for (const { value, attributes } of values()) result.observe(value, attributes);
  });
}

export { SpanKind };
