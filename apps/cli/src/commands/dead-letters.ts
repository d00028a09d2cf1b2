import { safeText } from '../safe-text';
import { clientOf, print, type CommonOptions, type Session } from '../session';

/** A record that nobody understood, and when it was sent again. */
interface DeadLetterView {
  readonly letter: string;
  readonly code: string;
  readonly reason: string;
  readonly key: string;
  readonly redriven: readonly { readonly at: string; readonly by: string }[];
}

type Base64 = string | null;

/** One of them, whole. */
interface DeadLetterDetail extends DeadLetterView {
  readonly bytes: {
    readonly key: Base64;
    readonly headers: readonly (readonly [name: string, value: Base64])[];
    readonly value: Base64;
  };
}

/** Characters of a reason in a list; `show` tells all of it. */
const REASON_CHARS_MAX = 150;

const PATH = '/v1/dead-letters';
const pathOf = (letter: string): string => `${PATH}/${encodeURIComponent(letter)}`;

/** Lists what was put aside. */
export async function listDeadLetters(session: Session, options: CommonOptions): Promise<void> {
  const client = clientOf(session, options, 'operator');
  const found = await client.get<{ deadLetters: readonly DeadLetterView[] }>(PATH);
  const lines = found.deadLetters.flatMap(({ letter, code, reason, key, redriven }) => [
    `${letter.padEnd(20)} ${code.padEnd(20)} ${safeText(key).padEnd(30)} ${againLine(redriven)}`,
    `    ${safeText(reason).slice(0, REASON_CHARS_MAX)}`,
  ]);
  print(session, options, found, lines.length > 0 ? lines : ['nothing was put aside']);
}

function againLine(redriven: DeadLetterView['redriven']): string {
  const last = redriven.at(-1);
  return last === undefined ? '' : `sent again ${redriven.length}×, last ${last.at}`;
}

/** Shows why a record was put aside, and its bytes: as text where they are some, else in Base64. */
export async function showDeadLetter(
  session: Session,
  letter: string,
  options: CommonOptions,
): Promise<void> {
  const client = clientOf(session, options, 'operator');
  const found = await client.get<DeadLetterDetail>(pathOf(letter));
  const { key, headers, value } = found.bytes;
  print(session, options, found, [
    `${found.code}: ${safeText(found.reason)}`,
    ...found.redriven.map(({ at, by }) => `sent again ${at} by ${safeText(by)}`),
    `key ${shown(key)}`,
    ...headers.map(([name, one]) => `  ${safeText(name)}: ${shown(one)}`),
    '',
    shown(value),
  ]);
}

function shown(base64: Base64): string {
  if (base64 === null) return '(none)';
  const bytes = Buffer.from(base64, 'base64');
  const text = bytes.toString();
  return bytes.equals(Buffer.from(text)) ? safeText(text) : `base64 ${base64}`;
}

/** Sends a record that was put aside again, as it was. */
export async function redrive(
  session: Session,
  letter: string,
  options: CommonOptions & { readonly dryRun?: boolean },
): Promise<void> {
  const client = clientOf(session, options, 'operator');
  const found = await client.get<DeadLetterDetail>(pathOf(letter));
  const what = `${letter} for ${shown(found.bytes.key)}`;
  if (options.dryRun) {
    const before = found.redriven.map(({ at, by }) => `was sent again ${at} by ${safeText(by)}`);
    const { bytes, redriven } = found;
    const would = { letter, redriven: false, wouldSend: bytes, redrivenBefore: redriven };
    print(session, options, would, [`would send ${what} again`, ...before]);
    return;
  }
  const done = await client.post(`${pathOf(letter)}/redrive`, {});
  print(session, options, done, [`sent ${what} again; if it fails, it is put aside anew`]);
}
