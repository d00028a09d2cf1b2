import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Fault, readJson, readUtf8, withoutBom, type RunStatus } from '@fermata/contracts';
import type { AuditView, Client, EventView, RunDetailView } from '../client';
import { exitCodeOf } from '../exit-code';
import { followRun, isHeld } from '../follow';
import { jsonLines, line, safeText, type Line } from '../safe-text';
import { clientOf, print, printAll, type CommonOptions, type Session } from '../session';
import { RunTree } from '../tree';

/** Options of `fermata run`. */
export interface RunOptions extends CommonOptions {
  readonly input?: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly follow?: boolean;
}

/** Reads an argument that is JSON, or `@file` for the JSON of a file. */
export function readArgument(session: Session, argument: string): unknown {
  if (!argument.startsWith('@')) return readJson(argument);
  const path = resolve(session.cwd, argument.slice(1));
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const why = 'code' in (cause as Error) ? ` (${(cause as NodeJS.ErrnoException).code})` : '';
    const found = `expected a readable file ${path}, found none${why}`;
    throw new Fault('CONFIG_INVALID', `${found}; correct the path`, false, { cause });
  }
  try {
    return readJson(withoutBom(readUtf8(bytes, 'a file')));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(error.code, `${error.message}, in ${path}`, false, { cause: error });
  }
}

/** Starts a run and, if asked, waits for it. */
export async function startRun(
  session: Session,
  workflow: string,
  options: RunOptions,
): Promise<void> {
  const client = clientOf(session, options, 'requester');
  const input = options.input === undefined ? {} : readArgument(session, options.input);
  const headers = options.key === undefined ? {} : { 'Idempotency-Key': options.key };
  const { run } = await client.ask('startRun', { body: { workflow, input }, headers });
  if (!options.wait && !options.follow) {
    print(session, options, { run }, [
      line`started ${run}`,
      line`follow it: fermata runs watch ${run}`,
    ]);
    return;
  }
  if (options.follow && !options.json) print(session, options, { run }, [line`started ${run}`]);
  await watchRun(session, run, { ...options, quiet: !options.follow, isStarting: true });
}

/** Follows a run until it ends or waits for a person. */
export async function watchRun(
  session: Session,
  run: string,
  options: CommonOptions & { readonly quiet?: boolean; readonly isStarting?: boolean },
): Promise<void> {
  const client = clientOf(session, options, 'requester');
  const quiet = options.quiet === true || options.json === true;
  const { isStarting = false } = options;
  const how = { throughGates: false, quiet, isStarting };
  const detail = await followRun(client, run, session.screen, how);
  const tree = RunTree.of(detail);
  // A terminal has the tree already, and lines that were told need only the verdict.
  const told = session.screen.isTerminal ? [] : tree.verdict();
  const lines = quiet ? tree.lines(Date.now()) : told;
  print(session, options, detail, [...lines, ...waitingLines(detail)]);
  session.exit(exitCodeOf(detail.status, isHeld(detail)));
}

/** For each gate that holds the run, how to see what it asks. */
function waitingLines({ gates }: RunDetailView): Line[] {
  return gates
    .filter(({ status }) => status === 'open')
    .map(({ gate }) => line`waits for a person: fermata approvals show ${gate}`);
}

/** Runs that a list has unless another number is asked for. */
export const RUNS_LISTED = 20;

/** Lists runs. */
export async function listRuns(
  session: Session,
  options: CommonOptions & {
    readonly status?: RunStatus;
    readonly workflow?: string;
    readonly cursor?: string;
    readonly limit: number;
  },
): Promise<void> {
  const client = clientOf(session, options, 'requester');
  const { status, workflow, cursor, limit } = options;
  const query = { limit, status, workflow, cursor };
  const page = await client.ask('listRuns', { query });
  const lines = page.runs.map(
    ({ run, workflow, status, held, startedAt }) =>
      line`${safeText(run).padEnd(40)} ${(held ? 'held' : status).padEnd(11)} ${safeText(workflow).padEnd(28)} ${startedAt ?? ''}`,
  );
  const more =
    page.next === null
      ? []
      : [line`there are more: fermata runs ls ${again(options)}--cursor ${page.next}`];
  print(session, options, page, lines.length > 0 ? [...lines, ...more] : [line`no such runs`]);
}

/** The filters of a list and its length, for the command that gives its next page. */
function again(options: {
  readonly status?: string;
  readonly workflow?: string;
  readonly limit: number;
}): string {
  const { status, workflow, limit } = options;
  return [
    ...(limit === RUNS_LISTED ? [] : [`--limit ${limit} `]),
    ...(status === undefined ? [] : [`--status ${status} `]),
    ...(workflow === undefined ? [] : [`--workflow ${workflow} `]),
  ].join('');
}

/** Shows a run as it stands. */
export async function showRun(
  session: Session,
  run: string,
  options: CommonOptions,
): Promise<void> {
  const client = clientOf(session, options, 'requester');
  const detail = await client.ask('readRun', { path: { run } });
  const output = detail.output === null ? [] : [line`output`, ...jsonLines(detail.output, '  ')];
  const lines = [...RunTree.of(detail).lines(Date.now()), ...output, ...waitingLines(detail)];
  print(session, options, detail, lines);
}

/** Lists a run's events, or its audit trail. */
export async function listEvents(
  session: Session,
  run: string,
  options: CommonOptions & { readonly audit?: boolean },
): Promise<void> {
  const client = clientOf(session, options, 'requester');
  if (options.audit) {
    await printAll(session, options, AUDIT, auditRows(client, run));
    return;
  }
  await printAll(session, options, EVENTS, eventRows(client, run));
}

/** The audit trail of a run, page by page. */
export async function* auditRows(client: Client, run: string) {
  for await (const { audit } of client.pages('listAudit', { path: { run } })) yield audit;
}

async function* eventRows(client: Client, run: string) {
  for await (const { events } of client.pages('listEvents', { path: { run } })) yield events;
}

const AUDIT = {
  name: 'audit',
  linesOf: (row: AuditView) => [auditLine(row)],
  none: line`no such events`,
};

const EVENTS = {
  name: 'events',
  linesOf: ({ sequence, at, type, actor, data }: EventView) => [
    line`${String(sequence).padStart(4)} ${at} ${type.padEnd(20)} ${safeText(stepIn(data)).padEnd(24)} ${actor}`,
  ],
  none: line`no such events`,
};

function stepIn(data: Readonly<Record<string, unknown>>): string {
  return typeof data['step'] === 'string' ? data['step'] : '';
}

/** A row of the audit trail as a line: who, what, when, by which rule of a policy, and its seal. */
export function auditLine({ at, type, actor, data, position, hash, ...by }: AuditView): Line {
  const { policy, rule } = by;
  const what = `${type} ${stepIn(data)}`.trim();
  const where = `${position.partition}/${position.offset}`;
  const cells = [
    at,
    safeText(what).padEnd(40),
    safeText(actor).padEnd(24),
    safeText(policy ?? '-').padEnd(16),
    where.padEnd(8),
    hash.slice(0, 12).padEnd(12),
    safeText(rule ?? '-'),
  ];
  return line`${cells.join(' ')}`;
}

const DONE = { cancel: 'cancelled', pause: 'paused', resume: 'resumed' } as const;

/** Cancels, pauses or resumes a run. */
export async function controlRun(
  session: Session,
  verb: 'cancel' | 'pause' | 'resume',
  run: string,
  options: CommonOptions & { readonly reason?: string },
): Promise<void> {
  const client = clientOf(session, options, verb === 'cancel' ? 'requester' : 'operator');
  const reason = options.reason ?? '';
  const done = await client.ask(`${verb}Run`, { path: { run }, body: { reason } });
  print(session, options, done, [line`${DONE[verb]} ${run}`]);
}

/** Folds a run from the log again and compares it with the projection. */
export async function replayRun(
  session: Session,
  run: string,
  options: CommonOptions,
): Promise<void> {
  const client = clientOf(session, options, 'requester');
  const report = await client.ask('replayRun', { path: { run } });
  const verdict = report.equal ? 'equals the projection' : 'DIFFERS from the projection';
  const hashes = [line`log        ${report.logHash}`, line`projection ${report.projectionHash}`];
  const lines = [line`${report.events} events folded; the state ${verdict}`, ...hashes];
  print(session, options, report, [...lines, ...report.differences.map((one) => line`${one}`)]);
  session.exit(report.equal ? 0 : 1);
}
