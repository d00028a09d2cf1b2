import { safeText } from '../safe-text';
import { clientOf, print, type CommonOptions, type Session } from '../session';

/** A record that nobody understood. */
interface DeadLetterView {
  readonly letter: string;
  readonly code: string;
  readonly reason: string;
  readonly key: string;
}

/** One of them, whole. */
interface DeadLetterDetail extends DeadLetterView {
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

const PATH = '/v1/dead-letters';
const pathOf = (letter: string): string => `${PATH}/${encodeURIComponent(letter)}`;

/** Lists what was put aside. */
export async function listDeadLetters(session: Session, options: CommonOptions): Promise<void> {
  const client = clientOf(session, options, 'operator');
  const found = await client.get<{ deadLetters: readonly DeadLetterView[] }>(PATH);
  const lines = found.deadLetters.map(
    ({ letter, code, key }) => `${letter.padEnd(20)} ${code.padEnd(20)} ${safeText(key)}`,
  );
  print(session, options, found, lines.length > 0 ? lines : ['nothing was put aside']);
}

/** Shows why a record was put aside, and its bytes. */
export async function showDeadLetter(
  session: Session,
  letter: string,
  options: CommonOptions,
): Promise<void> {
  const client = clientOf(session, options, 'operator');
  const found = await client.get<DeadLetterDetail>(pathOf(letter));
  const headers = Object.entries(found.headers).map(
    ([name, value]) => `  ${safeText(name)}: ${safeText(value)}`,
  );
  const why = `${found.code}: ${safeText(found.reason)}`;
  print(session, options, found, [why, ...headers, '', safeText(found.value)]);
}

/** Sends a record that was put aside again, as it was. */
export async function redrive(
  session: Session,
  letter: string,
  options: CommonOptions & { readonly dryRun?: boolean },
): Promise<void> {
  const client = clientOf(session, options, 'operator');
  const { key } = await client.get<DeadLetterDetail>(pathOf(letter));
  const what = `${letter} for ${safeText(key)}`;
  if (options.dryRun) {
    print(session, options, { letter, redriven: false }, [`would send ${what} again`]);
    return;
  }
  const done = await client.post(`${pathOf(letter)}/redrive`, {});
  print(session, options, done, [`sent ${what} again; if it fails, it is put aside anew`]);
}
