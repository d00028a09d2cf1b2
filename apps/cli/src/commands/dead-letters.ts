import type { AnswerOf, DeadLetterView } from '@fermata/contracts';
import { line, safeText } from '../safe-text';
import { clientOf, print, printAll, type CommonOptions, type Session } from '../session';

type Base64 = string | null;

/** Characters of a reason in a list; `show` tells all of it. */
const REASON_CHARS_MAX = 150;

/** Lists the dead letters. */
export async function listDeadLetters(session: Session, options: CommonOptions): Promise<void> {
  const client = clientOf(session, options, 'operator');
  const pages = client.pages('listDeadLetters', {});
  await printAll(session, options, LETTERS, rowsOf(pages));
}

async function* rowsOf(pages: AsyncIterable<AnswerOf<'listDeadLetters'>>) {
  for await (const { deadLetters } of pages) yield deadLetters;
}

const LETTERS = {
  name: 'deadLetters',
  linesOf: ({ letter, code, reason, key, redriven }: DeadLetterView) => [
    line`${letter.padEnd(20)} ${code.padEnd(20)} ${safeText(key).padEnd(30)} ${againLine(redriven)}`,
    line`    ${safeText(reason).slice(0, REASON_CHARS_MAX)}`,
  ],
  none: line`there are no dead letters`,
};

function againLine(redriven: DeadLetterView['redriven']): string {
  const last = redriven.at(-1);
  return last === undefined ? '' : `sent again ${redriven.length}×, last ${last.at}`;
}

/** Shows why a record is a dead letter, and its bytes: as text if they are some, else in Base64. */
export async function showDeadLetter(
  session: Session,
  letter: string,
  options: CommonOptions,
): Promise<void> {
  const client = clientOf(session, options, 'operator');
  const found = await client.ask('readDeadLetter', { path: { letter } });
  const { key, headers, value } = found.bytes;
  print(session, options, found, [
    line`${found.code}: ${found.reason}`,
    ...found.redriven.map(({ at, by }) => line`sent again ${at} by ${by}`),
    line`key ${shown(key)}`,
    ...headers.map(([name, one]) => line`  ${name}: ${shown(one)}`),
    line``,
    line`${shown(value)}`,
  ]);
}

function shown(base64: Base64): string {
  if (base64 === null) return '(none)';
  const bytes = Buffer.from(base64, 'base64');
  const text = bytes.toString();
  return bytes.equals(Buffer.from(text)) ? text : `base64 ${base64}`;
}

/** Sends the record of a dead letter again, as it was. */
export async function redrive(
  session: Session,
  letter: string,
  options: CommonOptions & { readonly dryRun?: boolean },
): Promise<void> {
  const client = clientOf(session, options, 'operator');
  const found = await client.ask('readDeadLetter', { path: { letter } });
  const what = `${letter} for ${shown(found.bytes.key)}`;
  if (options.dryRun) {
    const before = found.redriven.map(({ at, by }) => line`was sent again ${at} by ${by}`);
    const { bytes, redriven } = found;
    const would = { letter, redriven: false, wouldSend: bytes, redrivenBefore: redriven };
    print(session, options, would, [line`would send ${what} again`, ...before]);
    return;
  }
  const done = await client.ask('redriveDeadLetter', { path: { letter } });
  print(session, options, done, [line`sent ${what} again; if it fails, it is a dead letter anew`]);
}
