// The reference that is generated from the contracts: JSON Schemas of what authors write, an
// AsyncAPI document of what travels on the log, and the OpenAPI document of the HTTP edge.
//   node tools/reference.cjs           writes docs/reference/generated
//   node tools/reference.cjs --check   says which files are not what the contracts say
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { root } = require('./projects.cjs');

const FOLDER = 'docs/reference/generated';

function schemaOf(z, schema, title) {
  return {
    title,
    ...z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' }),
  };
}

/** Headers of CloudEvents in binary mode, as Kafka carries them. */
function headersOf(names, required) {
  const properties = Object.fromEntries(names.map((name) => [`ce_${name}`, { type: 'string' }]));
  return { type: 'object', required: required.map((name) => `ce_${name}`), properties };
}

const COMMAND_HEADERS = [
  'specversion',
  'id',
  'type',
  'source',
  'subject',
  'time',
  'tenant',
  'actor',
  'correlationid',
];
/** Every attribute of an event but those that only some have. */
const EVENT_ATTRIBUTES = [
  ...COMMAND_HEADERS.filter((name) => name !== 'tenant'),
  'sequence',
  'causationid',
];

/** A message for each entry of a table, of which `describe` tells how it travels. */
function messagesOf(table, describe) {
  return Object.fromEntries(
    Object.entries(table).map(([name, { wire, data }]) => [
      name,
      { name: wire, title: name, ...describe(name, wire, data) },
    ]),
  );
}

/** Events are CloudEvents in structured mode: attributes and data in one JSON text. */
function structured(z, name, wire, data) {
  const text = { type: 'string' };
  const attributes = Object.fromEntries(
    [...EVENT_ATTRIBUTES, 'tenant', 'traceparent', 'commanddigest'].map((one) => [one, text]),
  );
  return {
    contentType: 'application/cloudevents+json',
    headers: {
      type: 'object',
      required: ['content-type', 'fence'],
      properties: {
        'content-type': { const: 'application/cloudevents+json' },
        fence: {
          type: 'string',
          pattern: '^[0-9]+/[0-9]*/[0-9]*$',
          description: 'epoch/seq/position: what the acceptance rule judges a record by',
        },
      },
    },
    payload: {
      type: 'object',
      required: [...EVENT_ATTRIBUTES, 'data'],
      properties: {
        ...attributes,
        specversion: { const: '1.0' },
        type: { const: wire },
        sequence: { type: 'integer', minimum: 0 },
        data: schemaOf(z, data, name),
      },
    },
  };
}

function asyncApi(z, { COMMANDS, EVENTS }) {
  const refs = (channel, table) =>
    Object.fromEntries(
      Object.keys(table).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
    );
  const headers = headersOf(
    [...COMMAND_HEADERS, 'traceparent', 'signature', 'hops'],
    COMMAND_HEADERS,
  );
  const commands = messagesOf(COMMANDS, (name, _, data) => ({
    contentType: 'application/json',
    headers,
    payload: schemaOf(z, data, name),
  }));
  const events = messagesOf(EVENTS, (name, wire, data) => structured(z, name, wire, data));
  const bindings = (key) => ({ kafka: { key: { type: 'string', description: key } } });
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Fermata',
      version: '0.1.0',
      description:
        'Commands are wishes that any service may send; events are facts that only schedulers write. Records are CloudEvents: commands in binary mode, events in structured mode.',
    },
    defaultContentType: 'application/json',
    channels: {
      commands: { address: 'fermata.commands', messages: refs('commands', COMMANDS) },
      log: { address: 'fermata.log', messages: refs('log', EVENTS) },
    },
    operations: {
      sendCommand: { action: 'receive', channel: { $ref: '#/channels/commands' } },
      readEvents: { action: 'send', channel: { $ref: '#/channels/log' } },
    },
    components: {
      messages: Object.fromEntries(
        Object.entries({ ...commands, ...events }).map(([name, message]) => [
          name,
          { ...message, bindings: bindings('tenant/run: decides the partition') },
        ]),
      ),
    },
  };
}

/** Name of each generated file, and its text. */
function generated() {
  const { z } = require('zod');
  require('reflect-metadata');
  const contracts = require('../libs/contracts/dist/index.js');
  const { projectFile, agentsFile } = require('../libs/sdk/dist/index.js');
  const { openApiDocument } = require('../apps/gateway/dist/openapi.js');
  const files = {
    'workflow.schema.json': schemaOf(z, contracts.workflowDefinition, 'A workflow'),
    'policy.schema.json': schemaOf(z, contracts.policyDefinition, 'A policy'),
    'agents.schema.json': schemaOf(z, agentsFile, 'A file of agents'),
    'project.schema.json': schemaOf(z, projectFile, 'fermata.yaml'),
    'asyncapi.json': asyncApi(z, contracts),
    'openapi.json': openApiDocument(),
  };
  return Object.entries(files).map(([name, content]) => [
    join(FOLDER, name),
    `${JSON.stringify(content, null, 2)}\n`,
  ]);
}

/** Files that are not what the contracts say. */
function drifted() {
  return generated()
    .filter(
      ([path, text]) =>
        !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
    )
    .map(
      ([path]) =>
        `expected ${path} to be what the contracts say, found it is not; run npm run reference`,
    );
}

if (require.main === module) {
  require('./build.cjs').build(require('./projects.cjs').projectFolders());
  if (process.argv.includes('--check')) {
    const problems = drifted();
    for (const problem of problems) console.error(problem);
    process.exit(problems.length === 0 ? 0 : 1);
  }
  mkdirSync(join(root, FOLDER), { recursive: true });
  for (const [path, text] of generated()) writeFileSync(join(root, path), text);
  console.log(`reference: ${generated().length} files in ${FOLDER}`);
}

module.exports = { drifted };
