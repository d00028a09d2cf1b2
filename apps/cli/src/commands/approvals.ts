import { Fault, readJson, type AnswerOf, type ListedApprovalView } from '@fermata/contracts';
import { approvalLines } from '../approval-text';
import type { ApprovalView, Client } from '../client';
import { line, type Line } from '../safe-text';
import { clientOf, print, printAll, type CommonOptions, type Session } from '../session';
import { readArgument } from './runs';

/** Lists what waits for a person. */
export async function listApprovals(
  session: Session,
  options: CommonOptions & { readonly all?: boolean },
): Promise<void> {
  const client = clientOf(session, options, 'approver');
  const state = options.all ? 'all' : 'open';
  const pages = client.pages('listApprovals', { query: { state } });
  await printAll(session, options, APPROVALS, rowsOf(pages));
}

async function* rowsOf(pages: AsyncIterable<AnswerOf<'listApprovals'>>) {
  for await (const { approvals } of pages) yield approvals;
}

const APPROVALS = {
  name: 'approvals',
  linesOf: ({ gate, status, title, dueAt }: ListedApprovalView) => [
    line`${gate}  ${status}  due ${dueAt ?? '-'}  ${title}`,
  ],
  none: line`nothing waits for you`,
};

/** Shows what an approver must see. */
export async function showApproval(
  session: Session,
  gate: string,
  options: CommonOptions,
): Promise<void> {
  const client = clientOf(session, options, 'approver');
  const approval = await client.ask('readApproval', { path: { gate } });
  const how =
    approval.status === 'open'
      ? [line`Decide:`, ...answersTo(approval).map((how) => line`  fermata approvals ${how}`)]
      : [];
  print(session, options, approval, [...approvalLines(approval), ...how]);
}

/** The commands that answer a gate; an effect in doubt has answers of its own. */
function answersTo({ gate, cause }: ApprovalView): Line[] {
  if (cause !== 'doubt') return [line`approve ${gate}`, line`reject ${gate} --reason <text>`];
  return [
    line`approve ${gate} --data <its outcome>   it happened`,
    line`retry ${gate}   it did not happen: do it`,
    line`reject ${gate} --reason <text>   end the run`,
  ];
}

const DONE = { approve: 'approved', reject: 'rejected', retry: 'to be tried again:' } as const;

/** What a person wants changed: all of it anew, or some fields of what was shown. */
interface Edits {
  readonly data?: string;
  readonly set?: readonly string[];
}

/** Decides a gate. */
export async function decide(
  session: Session,
  decision: 'approve' | 'reject' | 'retry',
  gate: string,
  options: CommonOptions & Edits & { readonly reason?: string },
): Promise<void> {
  const client = clientOf(session, options, 'approver');
  const body = {
    decision,
    ...(await editedData(session, client, gate, options)),
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  };
  const done = await client.ask('decideGate', { path: { gate }, body });
  print(session, options, done, [line`${DONE[decision]} ${gate}`]);
}

async function editedData(
  session: Session,
  client: Client,
  gate: string,
  { data, set }: Edits,
): Promise<{ readonly data?: unknown }> {
  if (set === undefined) return data === undefined ? {} : { data: readArgument(session, data) };
  if (data !== undefined) {
    const found = 'expected --data or --set, found both; give the whole, or some fields of it';
    throw new Fault('CONFIG_INVALID', found);
  }
  const { shown } = await client.ask('readApproval', { path: { gate } });
  return { data: set.reduce<unknown>(withField, shown) };
}

/** What was shown with one field changed; what is no JSON is text. */
function withField(shown: unknown, setting: string): unknown {
  const at = setting.indexOf('=');
  if (at < 1) {
    const found = `expected --set field=value, found "${setting}"`;
    throw new Fault('CONFIG_INVALID', `${found}; write the field, "=" and its value`);
  }
  return placed(shown, setting.slice(0, at).split('.'), valueOf(setting.slice(at + 1)));
}

function placed(within: unknown, [key = '', ...rest]: readonly string[], value: unknown): unknown {
  const isObject = typeof within === 'object' && within !== null && !Array.isArray(within);
  const members = isObject ? (within as Readonly<Record<string, unknown>>) : {};
  const is = rest.length === 0 ? value : placed(members[key], rest, value);
  return { ...members, [key]: is };
}

function valueOf(text: string): unknown {
  try {
    return readJson(text);
  } catch (error) {
    if (error instanceof Fault && error.code === 'JSON_MALFORMED') return text;
    throw error;
  }
}
