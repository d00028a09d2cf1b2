import { ERROR_CODES, RUN_STATUSES } from '@fermata/contracts';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ApiProblem } from './client';
import { decide, listApprovals, showApproval } from './commands/approvals';
import { deploy, testStep, validate } from './commands/author';
import { listDeadLetters, redrive, showDeadLetter } from './commands/dead-letters';
import { dev } from './commands/dev';
import {
  controlRun,
  listEvents,
  listRuns,
  replayRun,
  RUNS_LISTED,
  showRun,
  startRun,
  watchRun,
} from './commands/runs';
import { line, safeJson, safeLines, type Line } from './safe-text';
import type { Session } from './session';

const hand = () =>
  new Option('--as <hand>', 'whose key to use').choices(['requester', 'approver', 'operator']);

const DECISIONS = {
  approve: 'approve a gate, or give the outcome of an effect in doubt',
  reject: 'reject a gate, which ends the run',
  retry: 'say that an effect in doubt did not happen: it is tried again',
} as const;

const AFTER_HELP = `
Exit codes of run --wait, run --follow and runs watch: 0 completed, 1 failed,
3 waits for a person, 4 rejected, 5 timed out, 6 cancelled. Any other command: 0 done, 1 failed.

The services are found through .fermata/connection.json in this folder or one above,
or through FERMATA_URL and FERMATA_TOKEN.`;

/** The commands of `fermata`. */
export function programOf(session: Session): Command {
  const program = new Command('fermata')
    .description('Run and author agent workflows')
    .version('0.1.0')
    // What it quotes of the command line may come from a file or a page.
    .configureOutput({ outputError: (text, write) => write(safeLines(text)) })
    .addHelpText('after', AFTER_HELP);
  const add = (parent: Command, usage: string, description: string): Command =>
    parent.command(usage).description(description).option('--json', 'print JSON').addOption(hand());
  addAuthoring(session, program, add);
  addRuns(session, program, add);
  const approvals = program
    .command('approvals')
    .description('see and decide what waits for a person');
  add(approvals, 'ls', 'list what waits for you')
    .option('--all', 'decided ones too')
    .action((options: OptionsOf<typeof listApprovals>) => listApprovals(session, options));
  add(approvals, 'show <gate>', 'show what an approver must see').action(
    (gate: string, options: OptionsOf<typeof showApproval>) => showApproval(session, gate, options),
  );
  for (const decision of ['approve', 'reject', 'retry'] as const) {
    const command = add(approvals, `${decision} <gate>`, DECISIONS[decision])
      .option('--reason <text>', 'why, for the audit trail')
      .action((gate: string, options: OptionsOf<typeof decide>) =>
        decide(session, decision, gate, options),
      );
    if (decision !== 'approve') continue;
    command
      .option('--data <json>', 'edited data as a whole: JSON, or @file')
      .option('--set <field=value...>', 'fields to change in what was shown; a.b is b inside a');
  }
  const letters = program
    .command('dead-letters')
    .description('see and send again the commands that no service understood');
  add(letters, 'ls', 'list the dead letters').action((options: OptionsOf<typeof listDeadLetters>) =>
    listDeadLetters(session, options),
  );
  add(letters, 'show <letter>', 'show why, and the bytes').action(
    (letter: string, options: OptionsOf<typeof showDeadLetter>) =>
      showDeadLetter(session, letter, options),
  );
  add(letters, 'redrive <letter>', 'send the same bytes again')
    .option('--dry-run', 'only say what would be sent')
    .action((letter: string, options: OptionsOf<typeof redrive>) =>
      redrive(session, letter, options),
    );
  return program;
}

/** What options tell a command: commander gives them as they were declared, without a type. */
type OptionsOf<Does extends (session: Session, ...rest: never[]) => Promise<void>> =
  Parameters<Does> extends readonly [...unknown[], infer Options] ? Options : never;

type Add = (parent: Command, usage: string, description: string) => Command;

function addAuthoring(session: Session, program: Command, add: Add): void {
  program
    .command('dev')
    .description('run everything in one process on an embedded database (has its own --help)')
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(async (_options, command: Command) => session.exit(await dev(command.args)));
  add(program, 'validate [dir]', 'check a project: graph, types, contracts, gates')
    .option('--strict', 'take each warning for an error')
    .option('--no-modules', "do not load the agents' modules, which runs their top level")
    .option('--keys <file>', 'file of keys: tells of gates that ask a group in which nobody is')
    .action((dir: string | undefined, options: OptionsOf<typeof validate>) =>
      validate(session, dir ?? '.', options),
    );
  add(program, 'deploy [dir]', 'deploy the workflows of a project').action(
    (dir: string | undefined, options: OptionsOf<typeof deploy>) =>
      deploy(session, dir ?? '.', options),
  );
  add(program, 'test-step <workflow> <step>', 'run one step alone with the input of a real run')
    .requiredOption('--from-run <run>', 'the run whose input is used')
    .option('--project <dir>', 'folder of the project')
    .option('--allow-effects', 'perform even a step that has effects')
    .action((workflow: string, step: string, options: OptionsOf<typeof testStep>) =>
      testStep(session, workflow, step, options),
    );
}

function addRuns(session: Session, program: Command, add: Add): void {
  add(program, 'run <workflow>', 'start a run')
    .option('--input <json>', 'the input: JSON, or @file')
    .option('--key <key>', 'idempotency key: the same key starts one run')
    .option('--wait', 'wait until it ends or holds for a person, then show it')
    .option('--follow', 'the same, and show each step as it goes')
    .action((workflow: string, options: OptionsOf<typeof startRun>) =>
      startRun(session, workflow, options),
    );
  const runs = program.command('runs').description('look at runs and control them');
  add(runs, 'ls', 'list runs, newest first')
    .addOption(new Option('--status <status>', 'only these').choices(RUN_STATUSES))
    .option('--workflow <name>', 'only runs of this workflow')
    .option('--limit <n>', 'how many, up to 1000', countOf, RUNS_LISTED)
    .option('--cursor <cursor>', 'the page behind the one that named this cursor')
    .action((options: OptionsOf<typeof listRuns>) => listRuns(session, options));
  add(runs, 'show <run>', 'show a run as it stands').action(
    (run: string, options: OptionsOf<typeof showRun>) => showRun(session, run, options),
  );
  add(runs, 'watch <run>', 'follow a run until it ends or holds for a person').action(
    (run: string, options: OptionsOf<typeof watchRun>) => watchRun(session, run, options),
  );
  add(runs, 'events <run>', 'list the events of a run')
    .option('--audit', 'the audit trail, with policies and hashes')
    .action((run: string, options: OptionsOf<typeof listEvents>) =>
      listEvents(session, run, options),
    );
  for (const verb of ['cancel', 'pause', 'resume'] as const) {
    add(runs, `${verb} <run>`, `${verb} a run`)
      .option('--reason <text>', 'why')
      .action((run: string, options: OptionsOf<typeof controlRun>) =>
        controlRun(session, verb, run, options),
      );
  }
  add(
    program,
    'replay <run>',
    'fold a run from the log again and compare it with the projection',
  ).action((run: string, options: OptionsOf<typeof replayRun>) => replayRun(session, run, options));
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1_000) return count;
  throw new InvalidArgumentError('Expected a whole number from 1 to 1000.');
}

/** An error as a person reads it: its code, what to do, and where more is written. */
export function errorText(error: unknown): Line {
  if (error instanceof ApiProblem) return line`${error.code}: ${error.message}`;
  if (!(error instanceof Error)) return line`${String(error)}`;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (code === null) return line`${error.message}`;
  const page = code in ERROR_CODES ? ` (docs/reference/errors/${code}.md)` : '';
  return line`${code}: ${error.message}${page}`;
}

/** An error as a program reads it, for commands with `--json`. */
export function errorJson(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return safeJson({ problem: { code: hasCode ? error.code : 'INTERNAL', message } });
}
