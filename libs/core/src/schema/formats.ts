import type { Ajv2020 } from 'ajv/dist/2020';
import addFormats, { type FormatName } from 'ajv-formats';

/** Whether a text is of a format. */
export type FormatCheck = (text: string) => boolean;

/** Formats of JSON Schema, each checked in linear time: "url", which ajv knows too, is not. */
const NAMES: FormatName[] = [
  'date',
  'time',
  'date-time',
  'duration',
  'uri',
  'uri-reference',
  'uri-template',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
  'json-pointer',
  'relative-json-pointer',
  'regex',
];

/** Its types speak of the ajv that is installed beside it, which may be an older one than ours. */
const add = addFormats.default as (checker: Ajv2020, options: { formats: FormatName[] }) => unknown;

/**
 * Formats that are known by name and say nothing that is checked: those of the standard beyond
 * ASCII, of OpenAPI, and what generators of schemas write. Any other name is taken for a typo.
 */
const NOTES: readonly string[] = [
  ...['idn-email', 'idn-hostname', 'iri', 'iri-reference'],
  ...['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'],
  ...['float', 'double', 'decimal', 'byte', 'binary', 'password', 'html', 'commonmark'],
  ...['base64', 'base64url', 'json-string', 'jwt', 'cuid', 'cuid2', 'ulid', 'nanoid', 'ksuid'],
  ...['xid', 'emoji', 'e164', 'cidrv4', 'cidrv6', 'path', 'file-path', 'directory-path'],
];

/** Adds the formats to a checker, and gives them by their names. */
export function addFormatsTo(checker: Ajv2020): ReadonlyMap<string, FormatCheck> {
  add(checker, { formats: NAMES });
  return new Map([
    ...NAMES.map((name) => [name, checkOf(checker.formats[name])] as const),
    ...NOTES.map((name) => [name, () => true] as const),
  ]);
}

function checkOf(format: Ajv2020['formats'][string]): FormatCheck {
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === 'function') return (text) => format(text);
  const validate = typeof format === 'object' ? format.validate : undefined;
  if (validate instanceof RegExp) return (text) => validate.test(text);
  if (typeof validate === 'function') return (text) => Boolean(validate(text as never));
  return () => false;
}
