import { z } from 'zod';
import { COMMANDS, commandEnvelope, type Command, type CommandType } from './commands';
import { STRUCTURED, type Headers, type WireRecord } from './envelope';
import { Fault } from './error-codes';
import { LIMITS } from './limits';
import { readJson } from './scan-json';

const COMMAND_TYPES = new Map(
  (Object.keys(COMMANDS) as CommandType[]).map((type) => [COMMANDS[type].wire as string, type]),
);

/** A CloudEvent in either of its modes: its attributes by name, and its data once asked for. */
interface CloudEvent {
  /** What stands before an attribute's name where it is written. */
  readonly prefix: 'ce_' | '';
  attribute(name: string): unknown;
  data(): unknown;
}

/**
 * Reads a command, the door of the system: nothing of it is trusted but what this process wrote.
 * It is a CloudEvent 1.0 in binary or in structured mode. Attributes that Fermata does not know
 * are passed over, as CloudEvents asks; its data is read strictly. Throws COMMAND_MALFORMED or a
 * JSON fault that says what was expected and found.
 */
export function decodeCommand(record: WireRecord): Command {
  if (record.decoded !== undefined) return record.decoded as Command;
  try {
    const headers = namesLowered(record.headers);
    return commandOf(eventOf(headers, record.value), headers['traceparent']);
  } catch (error) {
    // Whatever foreign bytes make fail, they are what is wrong: the others must be read.
    if (error instanceof Fault) throw error;
    throw malformed('a CloudEvent', `one that can't be read: ${(error as Error).message}`);
  }
}

function eventOf(headers: Headers, value: string): CloudEvent {
  const contentType = headers['content-type'];
  if (contentType !== undefined) {
    const mediaType = mediaTypeOf(contentType);
    if (mediaType.startsWith('application/cloudevents')) return inStructuredMode(value, mediaType);
    checkJson(mediaType, 'content-type');
  }
  // The Python SDK gives a structured event the content type of its data.
  const isBare = headers['ce_type'] === undefined && headers['ce_specversion'] === undefined;
  return isBare ? inStructuredMode(value, STRUCTURED) : inBinaryMode(headers, value);
}

function commandOf({ prefix, attribute, data }: CloudEvent, tracing: string | undefined): Command {
  const type = COMMAND_TYPES.get(textOf(attribute('type')));
  if (type === undefined) throw malformed(`a known ${prefix}type`, shown(attribute('type')));
  if (attribute('specversion') !== '1.0') {
    throw malformed(`${prefix}specversion 1.0 of a ${type}`, shown(attribute('specversion')));
  }
  const envelope = commandEnvelope.safeParse({
    id: attribute('id'),
    source: attribute('source'),
    tenant: attribute('tenant'),
    run: attribute('subject'),
    time: momentOf(attribute('time'), prefix),
    actor: attribute('actor'),
    correlationId: attribute('correlationid') ?? attribute('id'),
    ...optional('traceparent', attribute('traceparent') ?? traceOf(tracing)),
    ...optional('signature', attribute('signature')),
    ...optional('hops', numberIn(attribute('hops'))),
  });
  if (!envelope.success) {
    const where = prefix === '' ? 'attributes' : 'headers';
    throw malformed(`${where} of a ${type}`, inOneLine(envelope.error));
  }
  const read = COMMANDS[type].data.safeParse(data());
  if (!read.success) throw malformed(`data of a ${type}`, inOneLine(read.error));
  return { ...envelope.data, type, data: read.data } as Command;
}

/** What is wrong where, as a person reads it. */
function inOneLine(error: z.ZodError): string {
  return z.prettifyError(error).replaceAll(/\s*\n\s*/g, ' ');
}

/** Attributes are headers, each behind `ce_`, and the value is the data. */
function inBinaryMode(headers: Headers, value: string): CloudEvent {
  return {
    prefix: 'ce_',
    attribute: (name) => headers[`ce_${name}`],
    data: () => readJson(value),
  };
}

/** The whole event is one JSON text; its envelope is one level of its own. */
const EVENT_LIMITS = {
  bytesMax: LIMITS.commandBytesMax,
  depthMax: LIMITS.jsonDepthMax + 1,
  keysMax: LIMITS.jsonKeysMax,
};

function inStructuredMode(value: string, mediaType: string): CloudEvent {
  if (mediaType !== STRUCTURED) throw malformed(`content-type ${STRUCTURED}`, mediaType);
  const read = readJson(value, EVENT_LIMITS);
  if (typeof read !== 'object' || read === null || Array.isArray(read)) {
    throw malformed('one CloudEvent as a JSON object', shown(read));
  }
  const event = read as Readonly<Record<string, unknown>>;
  // An attribute that is null is one that is not there.
  const attribute = (name: string): unknown => event[name] ?? undefined;
  if (attribute('data_base64') !== undefined) {
    throw malformed('JSON in data', 'bytes in data_base64; hand your SDK an object, not bytes');
  }
  checkJson(mediaTypeOf(textOf(attribute('datacontenttype') ?? 'application/json')), 'data');
  return { prefix: '', attribute, data: () => event['data'] };
}

/**
 * Bridges write header names as HTTP does; CloudEvents has them in lower case. Of two that differ
 * in case alone none is taken: one may be the bridge's word and the other its client's.
 */
function namesLowered(headers: Headers): Headers {
  const names = Object.keys(headers);
  if (names.every((name) => name === name.toLowerCase())) return headers;
  const lowered = new Map<string, string>();
  for (const name of names) {
    const lower = name.toLowerCase();
    if (lowered.has(lower)) throw malformed(`one header ${lower}`, 'it twice, in other letters');
    lowered.set(lower, headers[name] ?? '');
  }
  return Object.fromEntries(lowered);
}

/** A text as it is; anything else is none. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A media type without its parameters; a text in another charset can't be read. */
function mediaTypeOf(contentType: string): string {
  const [type = '', ...parameters] = contentType.toLowerCase().split(/ *; */);
  const [, charset] = /^charset="?([^"]*)"?$/.exec(parameters.join(';')) ?? [];
  if (charset === undefined || /^(?:utf-?8|us-ascii)$/.test(charset)) return type.trim();
  throw malformed('text in UTF-8', `charset ${charset}`);
}

function checkJson(mediaType: string, where: string): void {
  if (/^[a-z0-9.-]+\/(?:[a-z0-9.-]+\+)?json$/.test(mediaType)) return;
  throw malformed(`application/json as the type of ${where}`, mediaType);
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

/** A moment as RFC 3339 writes it, in milliseconds. */
function momentOf(time: unknown, prefix: string): number {
  const text = typeof time === 'string' && RFC_3339.test(time) ? time.toUpperCase() : '';
  const moment = Date.parse(text.replace(':60', ':59'));
  if (!Number.isNaN(moment)) return moment;
  throw malformed(`${prefix}time as RFC 3339 has it, 2026-01-31T12:00:00Z`, shown(time));
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What an instrumented Kafka client writes beside the event; one that is broken is no trace. */
function traceOf(header: string | undefined): string | undefined {
  return header !== undefined && TRACEPARENT.test(header) ? header : undefined;
}

/** CloudEvents writes an integer as text in a header, and as a number in JSON. */
function numberIn(value: unknown): unknown {
  return typeof value === 'string' ? Number(value) : value;
}

function optional(name: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined ? {} : { [name]: value };
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value)?.slice(0, 100) ?? 'none');
}

function malformed(expected: string, found: string): Fault {
  const text = `expected ${expected}, found ${found}; see the commands in the AsyncAPI document`;
  return new Fault('COMMAND_MALFORMED', text);
}
