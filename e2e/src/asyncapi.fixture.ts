import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '@fermata/contracts';
import { ContractCompiler, type CompiledContract } from '@fermata/core';
import type { NewRecord } from '@fermata/log';

/** What a record of one kind must look like, as the AsyncAPI document says. */
export interface Message {
  readonly contentType: string;
  readonly headers: JsonObject;
  readonly payload: JsonObject;
}

interface Document {
  readonly components: { readonly messages: Readonly<Record<string, Message>> };
}

const PLACE = join(__dirname, '../../docs/reference/generated/asyncapi.json');
/** The AsyncAPI document, with each reference to a schema replaced by the schema. */
export const DOCUMENT = inlined(JSON.parse(readFileSync(PLACE, 'utf8'))) as unknown as Document;

function inlined(whole: Json): Json {
  const resolve = (node: Json): Json => {
    if (Array.isArray(node)) return node.map(resolve);
    if (typeof node !== 'object' || node === null) return node;
    const { $ref, ...rest } = node as { readonly [key: string]: Json };
    if (typeof $ref === 'string') return resolve(targetOf(whole, $ref));
    return Object.fromEntries(Object.entries(rest).map(([name, one]) => [name, resolve(one)]));
  };
  return resolve(whole);
}

function targetOf(whole: Json, ref: string): Json {
  const target = ref
    .replace('#/', '')
    .split('/')
    .reduce<Json | undefined>((node, name) => (node as JsonObject | undefined)?.[name], whole);
  if (target === undefined) throw new Error(`expected ${ref} in the document, found nothing`);
  return target;
}

const known = new Map<JsonObject, CompiledContract>();

/** A schema of the document, compiled by itself: a compiler bounds what it takes in all. */
function compiledOf(schema: JsonObject): CompiledContract {
  const compiled = known.get(schema) ?? new ContractCompiler().compile(schema);
  known.set(schema, compiled);
  return compiled;
}

/** Null when a value meets a schema of the document; else what is wrong with it. */
export function problemIn(schema: JsonObject, value: Json): string | null {
  const compiled = compiledOf(schema);
  return compiled.ok ? compiled.contract(value) : `no schema: ${compiled.message}`;
}

/** Null when a record is as its message says; else what is wrong with it. */
export function problemOf(name: string, { headers, value }: NewRecord): string | null {
  const message = DOCUMENT.components.messages[name];
  if (message === undefined) return `expected a message ${name} in the document, found none`;
  return problemIn(message.headers, headers) ?? problemIn(message.payload, JSON.parse(value));
}
