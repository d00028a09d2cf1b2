import fc from 'fast-check';
import { decodeCommand } from './decode-command';
import { COMMANDS, type Command, type CommandType } from './commands';
import { dataText, decodeEvent, encodeCommand, encodeEvent, type WireRecord } from './envelope';
import { EVENTS, type Event } from './events';
import { pathOf } from './ids';
import { toJson } from './to-json';

const step = fc.constantFrom('parse', 'send_offer', 'x'.repeat(64));
const attempt = fc.integer({ min: 1, max: 1_000_000 });
const runner = fc.string({ minLength: 1, maxLength: 200 });
const reason = fc.string({ maxLength: 4_096 });
const digest = fc.string({
  unit: fc.constantFrom(...'0123456789abcdef'),
  minLength: 64,
  maxLength: 64,
});
const name = fc.constantFrom('a', 'loan-approval', 'N'.repeat(100));
const version = fc.constantFrom('1.0.0', '2026-11-23');
const code = fc.constantFrom('AGENT_FAILED', 'A', 'BUSY_7');
const moment = fc.integer({ min: 0, max: Date.parse('9999-12-31') });
/** JSON as the door takes it; what it refuses is tested beside it. */
const json = fc
  .json({ maxDepth: 4 })
  .filter((text) => !/"(?:__proto__|constructor|prototype)"/.test(text))
  .map((text) => toJson(JSON.parse(text)))
  .filter((read) => read.ok)
  .map((read) => read.value);
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });

const attempts = { step, attempt, runner };
const DATA: Readonly<Record<CommandType, fc.Arbitrary<object>>> = {
  StartRun: fc.record(
    { workflow: fc.record({ name, version, hash: digest }), asked: name, input: json },
    { requiredKeys: ['workflow', 'input'] },
  ),
  ReserveKey: fc.record({ wish: digest }),
  CancelRun: fc.record({ reason }, { requiredKeys: [] }),
  PauseRun: fc.record({ reason }, { requiredKeys: [] }),
  ResumeRun: fc.record({ reason }, { requiredKeys: [] }),
  ReleaseRun: fc.record({ reason }),
  HeartbeatAttempt: fc.record(attempts),
  IntendEffect: fc.record({ ...attempts, digest }),
  ReleaseAttempt: fc.record(attempts),
  CompleteAttempt: fc.record({ ...attempts, output: json }),
  FailAttempt: fc.record(
    {
      ...attempts,
      code,
      message: reason,
      retryable: fc.boolean(),
      retryAfterMs: fc.nat(86_400_000),
    },
    { requiredKeys: ['step', 'attempt', 'runner', 'code', 'message', 'retryable'] },
  ),
  DecideGate: fc.record(
    {
      gate: fc.string({ minLength: 1, maxLength: 400 }),
      decision: fc.constantFrom('approve', 'reject', 'retry'),
      data: json,
      reason,
      approver: fc.string({ minLength: 1, maxLength: 200 }),
      groups: fc.array(name, { maxLength: 5 }),
    },
    { requiredKeys: ['gate', 'decision', 'approver', 'groups'] },
  ),
};

const envelope = fc.record(
  {
    id: fc.string({ minLength: 1, maxLength: 200 }),
    source: fc.string({ minLength: 1, maxLength: 400 }),
    tenant: fc.constantFrom('acme', 'a', '0-9'),
    run: fc.constantFrom('run-1', 'R.1_x', 'run-1~7'),
    time: moment,
    actor: fc.string({ minLength: 1, maxLength: 200 }),
    correlationId: fc.string({ minLength: 1, maxLength: 200 }),
    traceparent: fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
    signature: fc.string({ maxLength: 400 }),
    hops: fc.integer({ min: 0, max: 9 }),
  },
  { requiredKeys: ['id', 'source', 'tenant', 'run', 'time', 'actor', 'correlationId'] },
);

const command = (type: CommandType) =>
  fc.tuple(envelope, DATA[type]).map(([head, data]) => ({ ...head, type, data }) as Command);

/** The record as another process reads it: text and nothing else. */
const stored = ({ key, headers, value }: WireRecord): WireRecord =>
  JSON.parse(JSON.stringify({ key, headers, value })) as WireRecord;

const COMMAND_TYPES = Object.keys(COMMANDS) as CommandType[];

describe('every command', () => {
  it.each(COMMAND_TYPES)('%s comes back from the log as it was sent', (type) => {
    fc.assert(
      fc.property(command(type), (sent) => {
        const record = stored(encodeCommand(sent));
        expect(decodeCommand(record)).toEqual(sent);
        expect(encodeCommand(decodeCommand(record))).toMatchObject(record);
      }),
    );
  });

  it.each(COMMAND_TYPES)('%s is refused when a field that it needs is not there', (type) => {
    fc.assert(
      fc.property(command(type), fc.nat(20), (sent, pick) => {
        const needed = Object.keys(sent.data).filter((field) => isNeeded(type, field));
        const left = needed[pick % Math.max(needed.length, 1)];
        if (left === undefined) return;
        const data: Record<string, unknown> = { ...sent.data };
        delete data[left];
        const record = { ...stored(encodeCommand(sent)), value: JSON.stringify(data) };
        expect(() => decodeCommand(record)).toThrow(`expected data of a ${type}`);
      }),
    );
  });

  it('is refused, and nothing else is thrown, whatever the bytes', () => {
    const header = fc.constantFrom(
      'ce_id',
      'ce_type',
      'ce_source',
      'ce_subject',
      'ce_time',
      'ce_tenant',
      'ce_hops',
    );
    const broken = fc.tuple(
      command('CompleteAttempt'),
      header,
      maybe(fc.string()),
      maybe(fc.string()),
    );
    fc.assert(
      fc.property(broken, ([sent, where, headerText, value]) => {
        const record = stored(encodeCommand(sent));
        const headers = { ...record.headers };
        if (headerText === undefined) delete headers[where];
        else headers[where] = headerText;
        try {
          decodeCommand({ ...record, headers, value: value ?? record.value });
        } catch (error) {
          expect(error).toMatchObject({
            name: 'Fault',
            code: expect.stringMatching(/^(COMMAND|JSON)_/),
          });
        }
      }),
    );
  });

  it.each(['__proto__', 'constructor', 'prototype'])('is refused with a key %s anywhere', (key) => {
    const record = encodeCommand({
      ...BARE,
      type: 'CompleteAttempt',
      data: { step: pathOf('a'), attempt: 1, runner: 'r', output: 0 },
    });
    const value = `{"step":"a","attempt":1,"runner":"r","output":[{"${key}":{"a":1}}]}`;
    expect(() => decodeCommand({ ...stored(record), value })).toThrow(`expected no key "${key}"`);
  });
});

const BARE = {
  id: 'c-1',
  source: 'test',
  tenant: 'acme',
  run: 'run-1',
  time: 0,
  actor: 'user:asha',
  correlationId: 'c-1',
};

function isNeeded(type: CommandType, field: string): boolean {
  const shape: Readonly<Record<string, { safeParse(value: unknown): { success: boolean } }>> =
    COMMANDS[type].data.shape;
  return shape[field]?.safeParse(undefined).success === false;
}

describe('every event', () => {
  const eventHead = fc.record(
    {
      id: fc.string({ minLength: 1 }),
      tenant: fc.constantFrom('acme', null),
      run: fc.constantFrom('run-1', 'run-1~2', 'partition/3'),
      sequence: fc.nat(),
      at: moment,
      causationId: fc.string(),
      correlationId: fc.string(),
      actor: fc.string(),
      traceparent: fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
      commandDigest: digest,
    },
    {
      requiredKeys: [
        'id',
        'tenant',
        'run',
        'sequence',
        'at',
        'causationId',
        'correlationId',
        'actor',
      ],
    },
  );

  it('comes back from the log as it was written, whatever its data', () => {
    const type = fc.constantFrom(...(Object.keys(EVENTS) as (keyof typeof EVENTS)[]));
    const data = fc
      .dictionary(fc.string(), json)
      .map((one) => JSON.parse(JSON.stringify(one)) as object);
    fc.assert(
      fc.property(eventHead, type, data, (head, named, body) => {
        const event = { ...head, type: named, data: body } as Event;
        const record = stored(encodeEvent(event));
        expect(decodeEvent(record)).toEqual(event);
        expect(dataText(record)).toBe(JSON.stringify(body));
      }),
    );
  });

  it('has a wire type of its own, with its version, as every command has', () => {
    const wires = [...Object.values(COMMANDS), ...Object.values(EVENTS)].map(({ wire }) => wire);
    expect(new Set(wires).size).toBe(wires.length);
    for (const wire of wires) expect(wire).toMatch(/^fermata\.[a-z]+\.[a-z-]+\.v\d+$/);
  });
});
