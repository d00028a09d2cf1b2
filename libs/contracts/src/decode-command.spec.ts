import { SDK_RECORDS } from './cloud-events-sdks.fixture';
import type { Command } from './commands';
import { decodeCommand } from './decode-command';
import { encodeCommand, type Headers, type WireRecord } from './envelope';

const HASH = 'a'.repeat(64);
const COMMAND: Command = {
  id: 'c-1',
  source: '/orders',
  tenant: 'acme',
  run: 'run-1',
  time: Date.parse('2026-11-23T11:00:00.123Z'),
  actor: 'service:orders',
  correlationId: 'corr-1',
  type: 'StartRun',
  data: { workflow: { name: 'five', version: '1.0.0', hash: HASH }, input: { n: 1 } },
};
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const BINARY: WireRecord = (({ key, headers, value }) => ({ key, headers, value }))(
  encodeCommand(COMMAND),
);
const EVENT = {
  specversion: '1.0',
  id: 'c-1',
  source: '/orders',
  type: 'fermata.run.start.v1',
  subject: 'run-1',
  time: '2026-11-23T11:00:00.123Z',
  tenant: 'acme',
  actor: 'service:orders',
  correlationid: 'corr-1',
  data: COMMAND.data,
};

const structured = (
  changed: object = {},
  contentType = 'application/cloudevents+json',
): WireRecord => ({
  key: '',
  headers: { 'content-type': contentType },
  value: JSON.stringify({ ...EVENT, ...changed }),
});

const binary = (changed: Headers): WireRecord => ({
  ...BINARY,
  headers: { ...BINARY.headers, ...changed },
});

describe('a command from another service', () => {
  it.each(SDK_RECORDS.map((record) => [record.sdk, record] as const))(
    'is understood as %s writes it',
    (_, { headers, value }) => {
      expect(decodeCommand({ key: '', headers, value })).toEqual(COMMAND);
    },
  );

  it('is the same in structured mode as in binary mode', () => {
    expect(decodeCommand(structured())).toEqual(decodeCommand(BINARY));
  });

  it.each([
    'Application/CloudEvents+JSON',
    'application/cloudevents+json;charset=UTF-8',
    'application/cloudevents+json; charset="utf8"',
  ])('may name its content type as %s', (contentType) => {
    expect(decodeCommand(structured({}, contentType))).toEqual(COMMAND);
  });

  it('may have header names in capitals, as bridges from HTTP write them', () => {
    const named = Object.entries(BINARY.headers).map(([name, text]) => [name.toUpperCase(), text]);
    expect(decodeCommand({ ...BINARY, headers: Object.fromEntries(named) })).toEqual(COMMAND);
    const headers = { 'Content-Type': 'application/cloudevents+json' };
    expect(decodeCommand({ ...structured(), headers })).toEqual(COMMAND);
  });

  it('may carry extensions that Fermata does not know, and attributes that are null', () => {
    const more = { partitionkey: 'x', dataschema: 'urn:x', sampledrate: 3, traceparent: null };
    expect(decodeCommand(structured(more))).toEqual(COMMAND);
    expect(decodeCommand(binary({ ce_partitionkey: 'x', ce_dataschema: 'urn:x' }))).toEqual(
      COMMAND,
    );
  });

  it('needs no correlation id of its own: its id is one', () => {
    expect(decodeCommand(structured({ correlationid: undefined })).correlationId).toBe('c-1');
  });

  it('is traced by its own extension, else by what an instrumented client wrote beside it', () => {
    const beside = (record: WireRecord, traceparent: string): WireRecord => ({
      ...record,
      headers: { ...record.headers, traceparent },
    });
    for (const record of [BINARY, structured()]) {
      expect(decodeCommand(beside(record, TRACE)).traceparent).toBe(TRACE);
      expect(decodeCommand(beside(record, 'no trace')).traceparent).toBeUndefined();
    }
    const own = structured({ traceparent: TRACE });
    const other = TRACE.replace('0af7', '1bf8');
    expect(decodeCommand(beside(own, other)).traceparent).toBe(TRACE);
  });

  it('counts its hops as a number in JSON and as text in a header', () => {
    expect(decodeCommand(structured({ hops: 1 })).hops).toBe(1);
    expect(decodeCommand(binary({ ce_hops: '1' })).hops).toBe(1);
  });

  it.each([
    ['2026-11-23T11:00:00Z', 0],
    ['2026-11-23t11:00:00.5z', 500],
    ['2026-11-23T12:00:00.123456789+01:00', 123],
    ['2026-11-23T05:30:00-05:30', 0],
  ])('may give its time as %s', (time, ms) => {
    const moment = Date.parse('2026-11-23T11:00:00Z') + ms;
    expect(decodeCommand(structured({ time })).time).toBe(moment);
    expect(decodeCommand(binary({ ce_time: time })).time).toBe(moment);
  });

  it('may give its time with a leap second', () => {
    const { time } = decodeCommand(structured({ time: '2016-12-31T23:59:60Z' }));
    expect(time).toBe(Date.parse('2016-12-31T23:59:59Z'));
  });
});

describe('a command is refused', () => {
  const said = (record: WireRecord): string => {
    try {
      decodeCommand(record);
    } catch (error) {
      return `${(error as { code?: string }).code}: ${String((error as Error).message)}`;
    }
    return 'taken';
  };

  it.each([undefined, '2026-11-23', '2026-11-23T11:00:00', '1', 'Tue', '2026-13-23T11:00:00Z'])(
    'with the time %s',
    (time) => {
      expect(said(structured({ time }))).toMatch(/^COMMAND_MALFORMED: expected time as RFC 3339/);
    },
  );

  it.each([
    ['another version of CloudEvents', { specversion: '0.3' }, 'specversion 1.0 of a StartRun'],
    ['no version', { specversion: undefined }, 'specversion 1.0 of a StartRun, found none'],
    ['an unknown type', { type: 'x.y.v1' }, 'a known type, found x.y.v1'],
    ['no type', { type: undefined }, 'a known type, found none'],
    ['no tenant', { tenant: undefined }, 'attributes of a StartRun'],
    ['a number as its id', { id: 7 }, 'attributes of a StartRun'],
    ['no data', { data: undefined }, 'data of a StartRun'],
    ['data that is a text', { data: JSON.stringify(EVENT.data) }, 'data of a StartRun'],
    ['a field in its data that nobody knows', { data: { ...EVENT.data, x: 1 } }, 'data of a'],
    ['bytes', { data_base64: 'e30=' }, 'JSON in data, found bytes in data_base64'],
    ['data of another type', { datacontenttype: 'text/xml' }, 'application/json as the type of'],
  ])('with %s', (_, changed, expected) => {
    expect(said(structured(changed))).toMatch(`COMMAND_MALFORMED: expected ${expected}`);
  });

  it.each([
    ['another version of CloudEvents', { ce_specversion: '0.3' }, 'ce_specversion 1.0 of a Start'],
    ['data of another type', { 'content-type': 'text/xml' }, 'application/json as the type of'],
    ['a batch', { 'content-type': 'application/cloudevents-batch+json' }, 'content-type applicat'],
    ['another format', { 'content-type': 'application/cloudevents+avro' }, 'content-type applica'],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }, 'text in UTF-8'],
    ['hops that are no number', { ce_hops: 'x' }, 'headers of a StartRun'],
  ])('with %s in its headers', (_, changed, expected) => {
    expect(said(binary(changed))).toMatch(`COMMAND_MALFORMED: expected ${expected}`);
  });

  it('when an attribute is another thing than a text, whatever that makes of it', () => {
    for (const odd of [{ toString: 1 }, { toString: null }, ['a'], 7, true]) {
      for (const name of ['type', 'datacontenttype', 'specversion', 'time', 'id', 'tenant']) {
        const refused = () => decodeCommand(structured({ [name]: odd }));
        expect(refused).toThrow(expect.objectContaining({ code: 'COMMAND_MALFORMED' }));
      }
    }
  });

  it('when two headers differ in capitals alone: one may be its client’s, not the bridge’s', () => {
    const headers = { CE_TENANT: 'globex', ...BINARY.headers };
    expect(() => decodeCommand({ ...BINARY, headers })).toThrow('one header ce_tenant');
    const capitals = Object.entries(BINARY.headers).map(([name, value]) => [
      name.toUpperCase(),
      value,
    ]);
    const both = Object.fromEntries([...capitals, ['ce_tenant', 'globex']]) as Headers;
    expect(() => decodeCommand({ ...BINARY, headers: both })).toThrow('one header ce_tenant');
  });

  it('when it is JSON but no object', () => {
    const record = { ...structured(), value: '[1]' };
    expect(said(record)).toMatch('expected one CloudEvent as a JSON object, found [1]');
  });

  it('with nothing that says what it is', () => {
    expect(said({ ...BINARY, headers: {} })).toMatch('expected a known type, found none');
  });

  it('for what the scanner finds anywhere in the event, before it is parsed', () => {
    const raw = (value: string): WireRecord => ({ ...structured(), value });
    expect(said(raw('{"id":"a","id":"b"}'))).toMatch('JSON_MALFORMED: expected each key once');
    expect(said(raw('{"__proto__":{}}'))).toMatch('JSON_FORBIDDEN_KEY');
    expect(said(raw(`{"data":"${'x'.repeat(900_001)}"}`))).toMatch('PAYLOAD_TOO_LARGE');
    expect(said(raw('\uFEFF{}'))).toMatch('JSON_MALFORMED');
  });

  it('when its data is as deep in either mode', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    const deep = (levels: number): string =>
      JSON.stringify(COMMAND.data).replace('{"n":1}', nested(levels));
    // The input lies one level deep in the data.
    for (const [levels, outcome] of [
      [63, 'taken'],
      [64, 'JSON_TOO_DEEP'],
    ] as const) {
      const event = structured().value.replace(JSON.stringify(COMMAND.data), deep(levels));
      expect(said({ ...structured(), value: event })).toMatch(outcome);
      expect(said({ ...BINARY, value: deep(levels) })).toMatch(outcome);
    }
  });
});
