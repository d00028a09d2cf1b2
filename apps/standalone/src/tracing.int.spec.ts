import { trace } from '@opentelemetry/api';
import {
  TracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { enableSpans } from '@fermata/service';
import { Services } from './standalone.fixture';

const PROJECT = {
  'fermata.yaml': 'workflows: [flow.yaml]\npolicies: [policy.yaml]\nagents: [agents.yaml]\n',
  'policy.yaml': `name: plain
version: 1.0.0
classes:
  reasoning: &class {attemptsMax: 3, backoff: {initial: 10ms, factor: 1, max: 10ms}, timeout: 10s}
  read: *class
  effect: *class
`,
  'agents.yaml': `agents:
  - name: desk
    version: 1.0.0
    kind: function
    capabilities:
      look: {module: ./agents.mjs, export: look, risk: read}
`,
  'agents.mjs': `let tries = 0;
export const look = async (_, { step, traceparent }) => {
  if (step === 'second' && (tries += 1) === 1) throw new Error('not yet');
  return { traceparent };
};`,
  'flow.yaml': `name: flow
version: 1.0.0
policy: plain@1.0.0
steps:
  first: {capability: look, input: {}}
  second: {needs: [first], capability: look, input: {}}
  ask: {needs: [second], gate: {title: Well?, groups: [underwriters], show: {}, due: 1h, onDue: reject}}
output: {seen: dyn(steps.second.output).traceparent}
`,
};

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

describe('the trace of a run', () => {
  const exporter = new InMemorySpanExporter();
  let services: Services;

  beforeAll(async () => {
    const provider = new TracerProvider({
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    });
    trace.setGlobalTracerProvider(provider);
    enableSpans();
    services = await Services.start(PROJECT);
  }, 60_000);
  afterAll(() => services.stop());

  it('joins every hop to its caller: edge, scheduler, runner, projector, and a retry by a timer', async () => {
    const { body } = await services.post(
      'requester',
      '/v1/runs',
      { workflow: 'flow', input: {} },
      { traceparent: `00-${TRACE}-${CALLER}-01` },
    );
    await services.decide('approver', await services.gate(body.run), { decision: 'approve' });
    const detail = await services.ended(body.run);
    const spans = exporter.getFinishedSpans();
    const ours = spans.filter((span) => span.spanContext().traceId === TRACE);
    const names = new Map<string, number>();
    for (const { name } of ours) names.set(name, (names.get(name) ?? 0) + 1);
    expect(Object.fromEntries(names)).toMatchObject({
      'send StartRun': 1,
      'decide StartRun': 1,
      'attempt desk.look': 3,
      'decide CompleteAttempt': 2,
      'decide FailAttempt': 1,
      'project events': expect.any(Number),
    });
    const byId = new Map(ours.map((span) => [span.spanContext().spanId, span]));
    const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId ?? '';
    for (const span of ours) {
      expect(byId.has(parentOf(span)) || parentOf(span) === CALLER).toBe(true);
    }
    const steps = ours.filter(({ name }) => name === 'attempt desk.look');
    expect(steps.map(({ attributes }) => attributes['fermata.step'])).toEqual([
      'first',
      'second',
      'second',
    ]);
    const last = steps.at(-1)?.spanContext();
    expect(detail.output.seen).toBe(`00-${TRACE}-${last?.spanId}-01`);
  });

  it('is not refused for a header that is no trace context', async () => {
    const headers = { traceparent: 'x'.repeat(1_000) };
    const answer = await services.post(
      'requester',
      '/v1/runs',
      { workflow: 'flow', input: {} },
      headers,
    );
    expect(answer.status).toBe(201);
  });
});
