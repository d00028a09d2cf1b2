import { encodeCommand, encodeEvent, type Command, type Event } from '@fermata/contracts';
import { withFence } from '@fermata/log';
import { DOCUMENT, problemIn, problemOf } from './asyncapi.fixture';

const HASH = 'a'.repeat(64);
const COMMAND = {
  id: 'c-1',
  source: '/orders',
  tenant: 'acme',
  run: 'run-1',
  time: Date.parse('2026-11-23T11:00:00Z'),
  actor: 'service:orders',
  correlationId: 'corr-1',
  hops: 1,
  type: 'StartRun',
  data: { workflow: { name: 'five', version: '1.0.0', hash: HASH }, input: { n: 1 } },
} as Command;
const EVENT = {
  id: 'run-1#1',
  tenant: 'acme',
  run: 'run-1',
  sequence: 1,
  at: Date.parse('2026-11-23T11:00:01Z'),
  causationId: 'c-1',
  correlationId: 'corr-1',
  actor: 'service:orders',
  type: 'RunPaused',
  data: { reason: 'lunch' },
} as Event;

describe('the AsyncAPI document', () => {
  it.each(Object.keys(DOCUMENT.components.messages))('has schemas for %s', (name) => {
    const { headers, payload } = DOCUMENT.components.messages[name] ?? { headers: {}, payload: {} };
    for (const schema of [headers, payload]) {
      expect(problemIn(schema, {}) ?? '').not.toMatch('no schema');
    }
  });

  it('describes a command in binary mode as we write it', () => {
    const record = encodeCommand(COMMAND);
    expect(problemOf('StartRun', record)).toBeNull();
    const { ce_tenant: _, ...headers } = record.headers;
    expect(problemOf('StartRun', { ...record, headers })).toMatch(/ce_tenant/);
    expect(problemOf('StartRun', { ...record, value: '{"input":{}}' })).toMatch(/workflow/);
  });

  it('describes a command in structured mode as any client may write it', () => {
    const event = {
      specversion: '1.0',
      id: 'c-1',
      source: '/orders',
      type: 'fermata.run.start.v1',
      subject: 'run-1',
      time: '2026-11-23T12:00:00.123456+01:00',
      tenant: 'acme',
      actor: 'service:orders',
      data: COMMAND.data,
    };
    const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
    const of = (changed: object) => ({
      key: '',
      headers,
      value: JSON.stringify({ ...event, ...changed }),
    });
    expect(problemOf('StartRunStructured', of({}))).toBeNull();
    expect(problemOf('StartRunStructured', of({ partitionkey: 'x' }))).toBeNull();
    expect(problemOf('StartRunStructured', of({ time: 'today' }))).toMatch(/time/);
    expect(problemOf('StartRunStructured', of({ data: { x: 1 } }))).toMatch(/data/);
  });

  it('describes an event as it stands on the log', () => {
    const record = withFence(encodeEvent(EVENT), { epoch: 1, seq: 4, position: 7 });
    expect(problemOf('RunPaused', record)).toBeNull();
    expect(problemOf('RunPaused', encodeEvent(EVENT))).toMatch(/fence/);
  });
});
