import { dataText, decodeEvent, encodeCommand, encodeEvent, type WireRecord } from './envelope';
import type { Command } from './commands';
import { decodeCommand } from './decode-command';
import type { Event } from './events';
import { pathOf } from './ids';

const command: Command = {
  id: 'c-1',
  source: 'gateway',
  tenant: 'acme',
  run: 'run-1',
  time: 1_700_000_000_000,
  actor: 'user:asha',
  correlationId: 'c-1',
  hops: 1,
  type: 'CompleteAttempt',
  data: { step: pathOf('parse'), attempt: 1, runner: 'r-1', output: { pages: 3 } },
};

const event: Event = {
  id: 'run-1#4',
  tenant: 'acme',
  run: 'run-1',
  sequence: 4,
  at: 1_700_000_000_001,
  causationId: 'c-1',
  correlationId: 'c-1',
  actor: 'scheduler',
  type: 'StepCompleted',
  data: { step: pathOf('parse'), attempt: 1, output: { pages: 3 } },
};

/** The record as another process reads it. */
const stored = ({ key, headers, value }: WireRecord): WireRecord => ({ key, headers, value });

describe('the envelope', () => {
  it('gives a command back as it was', () => {
    expect(decodeCommand(stored(encodeCommand(command)))).toEqual(command);
  });

  it('gives an event back as it was', () => {
    expect(decodeEvent(stored(encodeEvent(event)))).toEqual(event);
  });

  it('refuses an unknown command type and says which it found', () => {
    const record = stored(encodeCommand(command));
    const foreign = { ...record, headers: { ...record.headers, ce_type: 'x.y.v1' } };
    expect(() => decodeCommand(foreign)).toThrow('expected a known ce_type, found x.y.v1');
  });

  it('refuses a field that the schema does not know', () => {
    const record = { ...stored(encodeCommand(command)), value: '{"step":"parse","extra":1}' };
    expect(() => decodeCommand(record)).toThrow('data of a CompleteAttempt');
  });

  it('writes an event as one CloudEvent in JSON, its data last and to the byte', () => {
    const record = stored(encodeEvent(event));
    expect(record.headers).toEqual({ 'content-type': 'application/cloudevents+json' });
    expect(JSON.parse(record.value)).toMatchObject({
      specversion: '1.0',
      type: 'fermata.step.completed.v1',
      subject: event.run,
      sequence: event.sequence,
      data: event.data,
    });
    expect(dataText(record)).toBe(JSON.stringify(event.data));
  });

  it('stops at an event that this release does not know', () => {
    const record = stored(encodeEvent(event));
    const newer = { ...record, value: record.value.replace('completed.v1', 'completed.v9') };
    expect(() => decodeEvent(newer)).toThrow('fermata.step.completed.v9');
  });
});
