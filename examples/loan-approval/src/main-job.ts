// The main job of `npm start`: a borderline loan application, from its documents to the decision
// of a person and the offer letter, with everything that carries it started here.
import { stopTelemetry } from '@fermata/service/start-telemetry';
import 'reflect-metadata';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { approvalLines, Client, errorText, followRun, isHeld, RunTree } from '@fermata/cli';
import type { RunDetailView } from '@fermata/cli';
import { Fault } from '@fermata/contracts';
import {
  claimData,
  listenForStop,
  portOf,
  allowedHost,
  startStandalone,
  type Standalone,
  type StopRequest,
} from '@fermata/standalone';
import { startCreditBureau } from './credit-bureau';
import { askPerson } from './decision';
import { reportLines } from './report';

const HELP = `npm start [-- OPTIONS]: a loan application from its documents to a decision.

  --auto             decide without asking, for scripts; ends when the offer is written
  --application NAME a folder of examples/loan-approval/applications (default: carla-borderline)
  --data DIR         folder for data and keys (default: .fermata)
  --port N           port of HTTP on loopback (default: a free one)
`;
const EXAMPLE = join(__dirname, '..');
const APPLICATIONS = join(EXAMPLE, 'applications');
const WORKFLOW = 'loan-approval';

const say = (...lines: readonly string[]): void =>
  void process.stdout.write(`${lines.join('\n')}\n`);
const screen = {
  isTerminal: process.stdout.isTTY === true,
  size: () => ({
    columns: process.stdout.columns || Infinity,
    rows: process.stdout.rows || Infinity,
  }),
  write: (text: string) => void process.stdout.write(text),
};

/** What the command line asks for. */
interface Wanted {
  readonly auto: boolean;
  /** Folder of the application's documents. */
  readonly folder: string;
  readonly dataDir: string;
  readonly port: number;
}

/** Everything that the job uses, started. */
interface Stage {
  readonly fermata: Standalone;
  readonly requester: Client;
  readonly approver: Client;
  readonly offersDir: string;
  stop(): Promise<void>;
}

async function main(): Promise<void> {
  const wanted = wantedOf(process.argv.slice(2));
  if (wanted === null) return say(HELP);
  const stopRequest = listenForStop();
  const stage = await start(wanted);
  const stopped = stopWhenAsked(stage, stopRequest);
  const told = stopRequest.isMade ? stopped : tell(stage, wanted);
  const end = told.catch((error: unknown) => {
    // A stop cuts the stream that is followed.
    if (!stopRequest.isMade) throw error;
    return stopped;
  });
  if ((await Promise.race([end, stopped])) === 'stopped') return;
  if (wanted.auto) await stage.stop();
  else {
    say('', 'All stays up for you to look around; Ctrl-C stops it, the data stays.');
    say('  npx fermata runs ls', '  npx fermata --help');
    await stopped;
  }
}

function wantedOf(args: string[]): Wanted | null {
  const { values } = parseArgs({
    args,
    options: {
      auto: { type: 'boolean', default: false },
      application: { type: 'string', default: 'carla-borderline' },
      data: { type: 'string', default: '.fermata' },
      port: { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  });
  const { auto, application, data, port, help } = values;
  const folder = join(APPLICATIONS, application);
  if (help) return null;
  if (!existsSync(join(folder, 'application.json'))) {
    const known = readdirSync(APPLICATIONS).join(', ');
    const found = `expected an application among ${known}, found "${application}"`;
    throw new Fault('CONFIG_INVALID', `${found}; correct --application`);
  }
  return { auto, folder, dataDir: resolve(data), port: portOf(port) };
}

async function start({ dataDir, port }: Wanted): Promise<Stage> {
  const startedAt = Date.now();
  // First, or a second start would move the bureau that the runs of the first one are pinned to.
  claimData(dataDir);
  const bureau = await startCreditBureau(dataDir);
  const offersDir = (process.env['LOAN_OFFERS_DIR'] ??= join(dataDir, 'offers'));
  const fermata = await startStandalone({
    projectDir: EXAMPLE,
    dataDir,
    port,
    env: { ...process.env, CREDIT_BUREAU_URL: bureau.url },
    allowedHosts: [allowedHost(`local=${bureau.url}`)],
    databaseUrl: process.env['FERMATA_DATABASE_URL'],
  }).catch((error: unknown) => {
    bureau.stop();
    throw error;
  });
  const { url, keys, resumed } = fermata;
  say(
    `Fermata is up after ${((Date.now() - startedAt) / 1000).toFixed(1)} s${resumed ? ', with the data of before' : ''}`,
    `  API            ${url}/openapi.json`,
    `  credit bureau  ${bureau.url}`,
    `  data, keys     ${dataDir}`,
    '',
  );
  const stop = async (): Promise<void> => {
    await fermata.stop();
    bureau.stop();
    await stopTelemetry();
  };
  const clientOf = (token: string): Client => new Client({ url, token });
  return {
    fermata,
    requester: clientOf(keys.requester),
    approver: clientOf(keys.approver),
    offersDir,
    stop,
  };
}

/** Runs the application to its end, with the decision of a person on the way. */
async function tell(stage: Stage, wanted: Wanted): Promise<'told'> {
  const { requester, offersDir } = stage;
  const run = (await runOfBefore(stage)) ?? (await startRun(stage, wanted.folder));
  let detail = await followRun(requester, run, screen, { throughGates: false });
  while (isHeld(detail)) {
    await decide(stage, detail, wanted.auto);
    const after = detail.sequence;
    detail = await followRun(requester, run, screen, { throughGates: true, after });
  }
  // A terminal shows the tree already.
  if (!screen.isTerminal) say('', ...RunTree.of(detail).lines(Date.now()));
  say('', ...(await reportLines(requester, detail, offersDir)));
  return 'told';
}

/** A run that still holds for a person since an earlier start. */
async function runOfBefore({ requester }: Stage): Promise<string | null> {
  const query = { status: 'running', workflow: WORKFLOW, limit: 1 } as const;
  const { runs } = await requester.ask('listRuns', { query });
  const run = runs[0]?.run ?? null;
  if (run !== null) say(`Going on with ${run}, which an earlier start left unfinished.`);
  return run;
}

async function startRun({ requester }: Stage, folder: string): Promise<string> {
  const input: unknown = JSON.parse(readFileSync(join(folder, 'application.json'), 'utf8'));
  const body = { workflow: WORKFLOW, input };
  const { run } = await requester.ask('startRun', { body });
  say(`Started ${run} for the documents in ${relative(process.cwd(), folder)}`);
  return run;
}

/** Shows what the approver must see and has the gate decided, here or by a command elsewhere. */
async function decide(stage: Stage, run: RunDetailView, auto: boolean): Promise<void> {
  const gate = run.gates.find(({ status }) => status === 'open')?.gate ?? '';
  const path = { gate };
  const approval = await stage.approver.ask('readApproval', { path });
  say('', ...approvalLines(approval), '');
  const mayAsk = !auto && process.stdin.isTTY === true && process.stdout.isTTY === true;
  const decision = auto
    ? ({ decision: 'approve' } as const)
    : mayAsk && (await askPerson(approval));
  if (decision) await stage.approver.ask('decideGate', { path, body: decision });
  else {
    say('The run holds until a person decides, in this folder or with FERMATA_URL and a token:');
    say(`  npx fermata approvals approve ${gate}`, `  npx fermata approvals reject ${gate}`, '');
  }
}

/** Stops everything cleanly when it is asked for. */
async function stopWhenAsked(stage: Stage, { made }: StopRequest): Promise<'stopped'> {
  await made;
  say('', 'Stopping …');
  await stage.stop();
  return 'stopped';
}

// Who stops listening, as `head` does, does not stop the job.
process.stdout.on('error', () => undefined);
main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${errorText(error)}\n`);
    process.exit(1);
  },
);
