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

/** Adds the formats to a checker, and gives them by their names. */
export function addFormatsTo(checker: Ajv2020): ReadonlyMap<string, FormatCheck> {
  add(checker, { formats: NAMES });
  return new Map(NAMES.map((name) => [name, checkOf(checker.formats[name])]));
}

function checkOf(format: Ajv2020['formats'][string]): FormatCheck {
  if (format instanceof RegExp) return (text) => format.test(text);
  if (typeof format === 'function') return (text) => format(text);
  const validate = typeof format === 'object' ? format.validate : undefined;
  if (validate instanceof RegExp) return (text) => validate.test(text);
  if (typeof validate === 'function') return (text) => Boolean(validate(text as never));
  return () => false;
}
