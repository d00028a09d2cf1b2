// The words of a PDF file, in the rows in which a reader sees them.
import { AgentError } from '@fermata/sdk';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Row } from './pdf-lines.ts';
import type { Answer } from './pdf-worker.ts';

const BYTES_MAX = 5 * 1024 * 1024;
/** A few pages are read within tenths of a second; who sends more than that takes others' time. */
const READ_MS_MAX = 10_000;
/** A file of the largest size may unfold to a thousand times as much. */
const MEMORY_BYTES_MAX = 400 * 1024 * 1024;
const LOOK_EVERY_MS = 20;

/** Reads all rows of a document, from the top of its first page to the end of its last. */
export async function readRows(path: string): Promise<readonly Row[]> {
  const bytes = await readBytes(path);
  const answer = await inTurn(() => ask(new Uint8Array(bytes)));
  if ('rows' in answer) return answer.rows;
  const found = JSON.stringify(answer.problem.slice(0, 200));
  throw unreadable(path, 'a PDF document', found, 'ask the applicant to send it again');
}

async function readBytes(path: string): Promise<Buffer> {
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : null),
    () => null,
  );
  if (size === null) throw unreadable(path, 'a file', 'none', 'send the missing document');
  if (size > BYTES_MAX) {
    throw unreadable(path, `at most ${BYTES_MAX} bytes`, `${size}`, 'send a smaller scan');
  }
  return await readFile(path);
}

function unreadable(path: string, expected: string, found: string, remedy: string): AgentError {
  const name = basename(path)
    .replace(/\p{Cc}/gu, '?')
    .slice(-100);
  const message = `expected ${expected} in ${name}, found ${found}; ${remedy}`;
  return new AgentError('DOCUMENT_UNREADABLE', message, false);
}

let last: Promise<unknown> = Promise.resolve();
let reader: Worker | null = null;

/** One document at a time: what a thread takes is then what the document takes. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work);
  last = mine.catch(() => undefined);
  return mine;
}

/** Has the thread read a document; one that takes too long or too much ends with its thread. */
async function ask(bytes: Uint8Array): Promise<Answer> {
  const worker = (reader ??= newReader());
  worker.ref();
  const ending = new AbortController();
  const answer = new Promise<Answer>((resolve) => {
    const { signal } = ending;
    const once = <T>(event: string, answerOf: (told: T) => Answer): void => {
      const hear = (told: T): void => resolve(answerOf(told));
      worker.once(event, hear);
      signal.addEventListener('abort', () => worker.off(event, hear));
    };
    once<Answer>('message', (told) => told);
    once<Error>('error', ({ message }) => ({ problem: message }));
    once<number>('exit', () => ({ problem: 'that reading it took too much' }));
  });
  const watch = watchOver(worker);
  worker.postMessage(bytes, [bytes.buffer as ArrayBuffer]);
  const told = await answer;
  clearInterval(watch);
  ending.abort();
  worker.unref();
  return told;
}

function newReader(): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: MEMORY_BYTES_MAX / 1024 / 1024 };
  const worker = new Worker(new URL('./pdf-worker.ts', import.meta.url), { resourceLimits });
  worker.once('exit', () => {
    if (reader === worker) reader = null;
  });
  // Who asked has heard it too.
  worker.on('error', () => undefined);
  return worker;
}

/** Ends a thread that takes too long or too much; one that is busy still tells what it holds. */
function watchOver(worker: Worker): NodeJS.Timeout {
  const endsAt = Date.now() + READ_MS_MAX;
  let isAsked = false;
  return setInterval(() => {
    if (Date.now() > endsAt) void worker.terminate();
    if (isAsked) return;
    isAsked = true;
    const told = worker.getHeapStatistics().then((held) => {
      isAsked = false;
      const bytes = held.total_heap_size + held.external_memory;
      if (bytes > MEMORY_BYTES_MAX) void worker.terminate();
    });
    // A thread that has ended holds nothing.
    told.catch(() => undefined);
  }, LOOK_EVERY_MS);
}
