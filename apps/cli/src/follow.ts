import { ApiProblem, type Client, type RunDetailView } from './client';
import { line, type Line } from './safe-text';
import { RunTree } from './tree';

/** Where lines go; a terminal is redrawn in place, anything else gets a line per change. */
export interface Screen {
  readonly isTerminal: boolean;
  /** Size of the terminal as it is now; a tree that is larger is cut to it. */
  readonly size?: () => { readonly columns: number; readonly rows: number };
  write(text: string): void;
}

const UP = (lines: number) => (lines > 0 ? `\u001b[${lines}A\u001b[0J` : '');

/**
 * Follows a run until it ends or, unless told otherwise, waits for a person; shows it as a live
 * tree. Gives the run as it stands then.
 */
export async function followRun(
  client: Client,
  run: string,
  screen: Screen,
  options: {
    readonly throughGates: boolean;
    readonly quiet?: boolean;
    /** Sequence of the last event that was shown already. */
    readonly after?: number;
    /** Whether the run's start was stored and may still be undecided, as during a takeover. */
    readonly isStarting?: boolean;
  },
): Promise<RunDetailView> {
  const read = () => client.ask('readRun', { path: { run } });
  const start = await untilKnown(read, options.isStarting);
  const { after = 0 } = options;
  const tree = after === 0 ? new RunTree(`${start.workflow} ${run}`) : RunTree.of(start);
  let drawn = 0;
  for await (const event of client.follow(run, after)) {
    const step = tree.take(event);
    if (!options.quiet) {
      const lines = screen.isTerminal
        ? fitted(tree.lines(Date.parse(event.at)), screen)
        : step === null
          ? []
          : [tree.line(step, Date.parse(event.at))];
      screen.write(
        `${screen.isTerminal ? UP(drawn) : ''}${lines.map((one) => `${one}\n`).join('')}`,
      );
      drawn = screen.isTerminal ? lines.length : 0;
    }
    if (event.type === 'GateOpened' && !options.throughGates) {
      const now = await read();
      // A gate of the past holds nothing up.
      if (isHeld(now)) return now;
    }
  }
  return read();
}

/** How long a run whose start was stored may take to be known: twice the longest takeover. */
const KNOWN_MS = 20_000;
const LOOK_EVERY_MS = 500;

/** Asks for a run; one that is starting is asked for again while nobody knows it. */
async function untilKnown<T>(ask: () => Promise<T>, isStarting = false): Promise<T> {
  for (const until = Date.now() + KNOWN_MS; ; ) {
    try {
      return await ask();
    } catch (error) {
      const isUnknown = error instanceof ApiProblem && error.code === 'NOT_FOUND';
      if (!isStarting || !isUnknown || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

/** Lines that can be redrawn in place: none that wraps, and no more than the terminal shows. */
function fitted(lines: readonly Line[], { size }: Screen): Line[] {
  const { columns, rows } = size?.() ?? { columns: Infinity, rows: Infinity };
  const narrow = lines.map((one) =>
    one.length <= columns ? one : line`${one.slice(0, Math.max(0, columns - 1))}…`,
  );
  if (narrow.length < rows) return narrow;
  const [head = line``, ...rest] = narrow;
  return [head, ...rest.slice(2 - Math.max(rows, 3))];
}

/** Whether a run waits for a person. */
export function isHeld(run: RunDetailView): boolean {
  return run.gates.some(({ status }) => status === 'open');
}
