import { COMMANDS, type Command } from './commands';
import { Fault } from './error-codes';
import { EVENTS, type Event, type EventEnvelope, type EventType } from './events';
import { recordKey } from './ids';

/** Headers of a record; in binary mode the attributes of CloudEvents, each prefixed with `ce_`. */
export type Headers = Readonly<Record<string, string>>;

/** A record as a log carries it: routed by its key, described by its headers. */
export interface WireRecord {
  readonly key: string;
  readonly headers: Headers;
  /** UTF-8 JSON of the data. */
  readonly value: string;
  /** The command or event itself, for readers in the same process; never stored or sent. */
  readonly decoded?: unknown;
}

const EVENT_TYPES = new Map(
  (Object.keys(EVENTS) as EventType[]).map((type) => [EVENTS[type].wire as string, type]),
);

const optional = (name: string, value: string | number | null | undefined): Headers =>
  value === undefined || value === null ? {} : { [name]: String(value) };

/** Writes a command as a record, in binary mode. */
export function encodeCommand(command: Command): WireRecord {
  return {
    key: recordKey(command.tenant, command.run),
    headers: {
      ce_specversion: '1.0',
      ce_id: command.id,
      ce_type: COMMANDS[command.type].wire,
      ce_source: command.source,
      ce_subject: command.run,
      ce_time: new Date(command.time).toISOString(),
      ce_tenant: command.tenant,
      ce_actor: command.actor,
      ce_correlationid: command.correlationId,
      ...optional('ce_traceparent', command.traceparent),
      ...optional('ce_signature', command.signature),
      ...optional('ce_hops', command.hops),
    },
    value: JSON.stringify(command.data),
    decoded: command,
  };
}

/** The content type of a CloudEvent that stands in the record's value as a whole. */
export const STRUCTURED = 'application/cloudevents+json';
const DATA = ',"data":';

/**
 * Writes an event as a record: CloudEvents 1.0 in structured mode, the data last. One JSON text
 * costs the clients of a log a fraction of what a dozen headers do. The key is the partition's own
 * for records without a tenant.
 */
export function encodeEvent(event: Event): WireRecord {
  const { tenant, run } = event;
  const attributes: EventAttributes = {
    specversion: '1.0',
    id: event.id,
    type: EVENTS[event.type].wire,
    source: 'fermata/scheduler',
    subject: run,
    time: new Date(event.at).toISOString(),
    sequence: event.sequence,
    causationid: event.causationId,
    correlationid: event.correlationId,
    actor: event.actor,
    tenant: tenant ?? undefined,
    traceparent: event.traceparent,
    commanddigest: event.commandDigest,
  };
  const head = JSON.stringify(attributes).slice(0, -1);
  return {
    key: tenant === null ? run : recordKey(tenant, run),
    headers: { 'content-type': STRUCTURED },
    value: `${head}${DATA}${JSON.stringify(event.data)}}`,
    decoded: event,
  };
}

/** The JSON text of an event's data, as it was written. */
export function dataText({ value }: WireRecord): string {
  // No attribute holds this text: inside a JSON string a quote has a backslash before it.
  return value.slice(value.indexOf(DATA) + DATA.length, -1);
}

/** An event's attributes as CloudEvents names them; `sequence` and what follows are ours. */
interface EventAttributes {
  readonly specversion: '1.0';
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  /** RFC 3339, to the millisecond. */
  readonly time: string;
  readonly sequence: number;
  readonly causationid: string;
  readonly correlationid: string;
  readonly actor: string;
  readonly tenant: string | undefined;
  readonly traceparent: string | undefined;
  readonly commanddigest: string | undefined;
}

/**
 * Reads an event of our own accepted log by its type alone: a schema check on every read would
 * cost more than the read. An unknown type stops the reader; it is never passed over.
 */
export function decodeEvent(record: WireRecord): Event {
  if (record.decoded !== undefined) return record.decoded as Event;
  const read = JSON.parse(record.value) as EventAttributes & { readonly data: unknown };
  const type = EVENT_TYPES.get(read.type);
  if (type === undefined) {
    const found = `expected an event type this release knows, found ${read.type}`;
    throw new Fault('EVENT_UNKNOWN', `${found}; run the release that wrote it, or a later one`);
  }
  const envelope: EventEnvelope = {
    id: read.id,
    tenant: read.tenant ?? null,
    run: read.subject,
    sequence: read.sequence,
    at: Date.parse(read.time),
    causationId: read.causationid,
    correlationId: read.correlationid,
    actor: read.actor,
    ...(read.traceparent === undefined ? {} : { traceparent: read.traceparent }),
    ...(read.commanddigest === undefined ? {} : { commandDigest: read.commanddigest }),
  };
  return { ...envelope, type, data: read.data } as Event;
}
