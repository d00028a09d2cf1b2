// What travels on the log, as an AsyncAPI document that is generated from the contracts: each
// command in both modes of CloudEvents, each event, and the JSON Schema of the data of either.

const STRUCTURED = 'application/cloudevents+json';

/** zod names this format beside the pattern that says the same; JSON Schema has no such format. */
function withoutOwnFormats({ jsonSchema }) {
  if (jsonSchema.format === 'starts_with') delete jsonSchema.format;
}

function schemaOf(z, schema, title) {
  const options = { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' };
  return { title, ...z.toJSONSchema(schema, { ...options, override: withoutOwnFormats }) };
}

const text = (description) => ({ type: 'string', ...(description && { description }) });

/** What every command says beside its data, as CloudEvents names it. */
function commandAttributes(z, { commandEnvelope }) {
  const { id, source, tenant, run, actor, correlationId, traceparent, signature, hops } =
    z.toJSONSchema(commandEnvelope, { target: 'draft-2020-12', io: 'input' }).properties;
  const said = (schema, description) => ({ ...schema, description });
  return {
    specversion: { const: '1.0' },
    id: said(id, 'The same on every repetition of a request: it is carried out once'),
    type: text(),
    source: said(source, 'The service that sends it'),
    subject: said(run, 'The run; for StartRun its key, which the sender chooses'),
    time: {
      ...text('When the request was made; older than a day is refused'),
      format: 'date-time',
    },
    tenant: said(tenant, 'Whose run it is'),
    actor: said(actor, 'On whose behalf: stands in the audit trail'),
    correlationid: said(correlationId, 'On every answer; without one, the id'),
    traceparent: said(traceparent, 'W3C Trace Context'),
    signature: said(signature, 'Kept for signatures of services; nobody checks it yet'),
    hops: said(hops, 'Set by schedulers, which forward what came to another partition'),
  };
}

const REQUIRED = ['specversion', 'id', 'type', 'source', 'subject', 'time', 'tenant', 'actor'];

/** Attributes as headers, where everything is text. */
function asHeaders(attributes) {
  const entries = Object.entries(attributes).map(([name, schema]) => [
    `ce_${name}`,
    name === 'hops' ? { ...text(schema.description), pattern: '^[0-9]$' } : schema,
  ]);
  return Object.fromEntries(entries);
}

const contentTypeHeader = {
  ...text('Parameters may follow, such as charset=utf-8'),
  pattern: '^application/cloudevents\\+json',
};

/** A command whose attributes are headers and whose data is the value. */
function binaryCommand(name, wire, attributes) {
  return {
    name: wire,
    title: name,
    summary: `${name} in binary mode`,
    contentType: 'application/json',
    headers: {
      type: 'object',
      required: REQUIRED.map((one) => `ce_${one}`),
      properties: {
        ...asHeaders({ ...attributes, type: { const: wire } }),
        'content-type': text('application/json, if it is there'),
      },
    },
    payload: { $ref: `#/components/schemas/${name}` },
  };
}

/** A command that is one JSON text, attributes and data. */
function structuredCommand(name, wire, attributes) {
  return {
    name: wire,
    title: name,
    summary: `${name} in structured mode`,
    contentType: STRUCTURED,
    headers: {
      type: 'object',
      required: ['content-type'],
      properties: { 'content-type': contentTypeHeader },
    },
    payload: {
      type: 'object',
      required: [...REQUIRED, 'data'],
      properties: {
        ...attributes,
        type: { const: wire },
        datacontenttype: text('application/json, if it is there'),
        data: { $ref: `#/components/schemas/${name}` },
      },
    },
  };
}

const EVENT_REQUIRED = [
  ...REQUIRED.filter((name) => name !== 'tenant'),
  'correlationid',
  'causationid',
  'sequence',
];

/** An event is always one JSON text, and has its place in the commit protocol in a header. */
function eventMessage(name, wire) {
  return {
    name: wire,
    title: name,
    contentType: STRUCTURED,
    headers: {
      type: 'object',
      required: ['content-type', 'fence'],
      properties: {
        'content-type': contentTypeHeader,
        fence: {
          ...text('epoch/seq/position: what the acceptance rule judges a record by'),
          pattern: '^[0-9]+/[0-9]*/[0-9]*$',
        },
      },
    },
    payload: {
      type: 'object',
      required: [...EVENT_REQUIRED, 'data'],
      properties: {
        specversion: { const: '1.0' },
        id: text(),
        type: { const: wire },
        source: text(),
        subject: text('The run, or partition/N'),
        time: { type: 'string', format: 'date-time' },
        sequence: { type: 'integer', minimum: 0, description: 'From 1 in its run; 0 outside' },
        causationid: text('Id of the command, or of the timer, that caused it'),
        correlationid: text('That of the command that caused it'),
        actor: text('Who sent that command'),
        tenant: text('None on records of the partition itself'),
        traceparent: text('W3C Trace Context'),
        commanddigest: text('SHA-256 of the body of the command, on its first event'),
        data: { $ref: `#/components/schemas/${name}` },
      },
    },
  };
}

/** The messages of a table, each with the key that routes it. */
function messagesOf(table, describe, key) {
  const bindings = {
    kafka: { key: { type: 'string', description: key }, bindingVersion: '0.5.0' },
  };
  const entries = Object.entries(table).map(([name, { wire }]) => [
    name,
    { ...describe(name, wire), bindings },
  ]);
  return Object.fromEntries(entries);
}

const named = (messages, suffix) =>
  Object.fromEntries(Object.entries(messages).map(([name, one]) => [`${name}${suffix}`, one]));

/** The whole document. */
function asyncApi(z, contracts) {
  const { COMMANDS, EVENTS } = contracts;
  const attributes = commandAttributes(z, contracts);
  const anyKey = 'tenant/run finds the partition at once; any other key, or none, works too';
  const binary = messagesOf(COMMANDS, (...of) => binaryCommand(...of, attributes), anyKey);
  const one = messagesOf(COMMANDS, (...of) => structuredCommand(...of, attributes), anyKey);
  const commands = { ...binary, ...named(one, 'Structured') };
  const events = messagesOf(EVENTS, eventMessage, 'tenant/run, or partition/N');
  const refs = (messages) =>
    Object.fromEntries(
      Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
    );
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Fermata',
      version: '0.1.0',
      description:
        'Commands are requests that any service may send; events are facts that only schedulers write. Records are CloudEvents 1.0: commands in binary or in structured mode, events in structured mode. An installation may have another prefix than fermata before its topics.',
    },
    defaultContentType: 'application/json',
    channels: {
      commands: { address: 'fermata.commands', messages: refs(commands) },
      log: { address: 'fermata.log', messages: refs(events) },
    },
    operations: {
      sendCommand: { action: 'receive', channel: { $ref: '#/channels/commands' } },
      readEvents: { action: 'send', channel: { $ref: '#/channels/log' } },
    },
    components: {
      messages: { ...commands, ...events },
      schemas: Object.fromEntries(
        Object.entries({ ...COMMANDS, ...EVENTS }).map(([name, { data }]) => {
          // The version of JSON Schema stands once, in the files of single schemas.
          const { $schema: _, ...schema } = schemaOf(z, data, name);
          return [name, schema];
        }),
      ),
    },
  };
}

/** The JSON Schema of the data of each command, for generators that want no more. */
function commandSchemas(z, { COMMANDS }) {
  const entries = Object.entries(COMMANDS).map(([name, { data }]) => [
    `commands/${name}.schema.json`,
    schemaOf(z, data, name),
  ]);
  return Object.fromEntries(entries);
}

module.exports = { asyncApi, commandSchemas, schemaOf };
