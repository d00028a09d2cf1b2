import { z } from 'zod';
import { moment, pageOf, pageQuery } from './page';
import { reads, type Route } from './route';

/** Which dead letters to list. */
export const deadLettersQuery = z.strictObject(pageQuery(100));

/** A time that a dead letter was sent again. */
export const redriveView = z.object({
  at: moment,
  by: z.string(),
  how: z.literal('as it was').describe('Only one way exists: its bytes, unchanged'),
});
/** A time that a dead letter was sent again. */
export type RedriveView = z.infer<typeof redriveView>;

/** A record that nobody understood, in a list. */
export const deadLetterView = z.object({
  letter: z.string(),
  code: z.string(),
  reason: z.string(),
  origin: z.object({ topic: z.string(), partition: z.int(), offset: z.int() }),
  tenant: z.string().nullable(),
  key: z.string(),
  redriven: z.array(redriveView),
});
/** A record that nobody understood, in a list. */
export type DeadLetterView = z.infer<typeof deadLetterView>;

const base64 = z.string().nullable();

/** A dead letter whole: its texts, as far as they are some, and its bytes in Base64. */
export const deadLetterDetail = deadLetterView.extend({
  headers: z.record(z.string(), z.string()),
  value: z.string(),
  bytes: z.object({
    key: base64,
    headers: z.array(z.tuple([z.string(), base64])),
    value: base64,
  }),
});
/** A dead letter whole. */
export type DeadLetterDetail = z.infer<typeof deadLetterDetail>;

const redriven = redriveView.extend({ letter: z.string(), redriven: z.literal(true) });

/** Of an installation all, since some letters name no tenant; of a tenant those that name it. */
const READERS = ['operator', 'installation-operator'] as const;

/** Routes of dead letters. */
export const DEAD_LETTER_ROUTES = [
  {
    id: 'listDeadLetters',
    method: 'get',
    path: '/v1/dead-letters',
    roles: READERS,
    summary: 'List what nobody understood, in the order of topic, partition and offset',
    query: deadLettersQuery,
    answers: reads(pageOf('deadLetters', deadLetterView)),
  },
  {
    id: 'readDeadLetter',
    method: 'get',
    path: '/v1/dead-letters/{letter}',
    roles: READERS,
    summary: 'Read one with its bytes',
    answers: reads(deadLetterDetail),
  },
  {
    id: 'redriveDeadLetter',
    method: 'post',
    path: '/v1/dead-letters/{letter}/redrive',
    roles: READERS,
    summary: 'Send its original bytes again',
    answers: { 201: { description: 'Sent', view: redriven } },
  },
] as const satisfies readonly Route[];
