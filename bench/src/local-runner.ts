import {
  attemptId,
  encodeCommand,
  endsRun,
  type Command,
  type Event,
  type StepPath,
} from '@fermata/contracts';
import type { LogPort } from '@fermata/log';
import type { CommandDesk } from '@fermata/service';
import { Deployed } from './deployed';

const RUNNER = 'runner-in-process';

/** Starts runs, answers each attempt at once, and hears how runs end or that they wait. */
export class LocalRunner {
  private readonly ended = new Map<string, () => void>();
  private readonly deployed: Deployed;
  private started = 0;
  private wanted: { readonly steps: number; readonly reached: () => void } | undefined;
  /** Steps that were completed by now. */
  stepsDone = 0;

  constructor(
    private readonly log: LogPort,
    desk: CommandDesk,
  ) {
    this.deployed = new Deployed(log);
    desk.listen(({ entries }) => {
      const answers = entries.flatMap(({ event }) => this.hear(event) ?? []);
      if (answers.length > 0) void this.log.send(answers.map(encodeCommand));
    });
  }

  /** One run, to its end or to its gate. */
  async run(workflow: string, tenant: string): Promise<void> {
    const run = `run-${(this.started += 1)}`;
    const hash = await this.deployed.hashOf(workflow);
    const ended = new Promise<void>((resolve) => this.ended.set(run, resolve));
    const said = { id: `start-${run}`, source: 'bench', tenant, run, actor: 'user:bench' };
    const data = { workflow: { name: workflow, version: '1.0.0', hash }, input: {} };
    const start: Command = {
      ...said,
      time: Date.now(),
      correlationId: run,
      type: 'StartRun',
      data,
    };
    await this.log.send([encodeCommand(start)]);
    await ended;
  }

  /** Waits until as many steps were completed. */
  reaches(steps: number): Promise<void> {
    return new Promise((reached) => (this.wanted = { steps, reached }));
  }

  private hear(event: Event): Command | null {
    switch (event.type) {
      case 'AttemptScheduled':
        return answerTo(event.tenant ?? '', event.run, event.data);
      case 'StepCompleted':
        this.stepsDone += 1;
        if (this.stepsDone === this.wanted?.steps) this.wanted.reached();
        return null;
      case 'RunCompleted':
      case 'GateOpened':
        this.ended.get(event.run)?.();
        this.ended.delete(event.run);
        return null;
      case 'RunQuarantined':
      case 'CommandRejected':
        throw new Error(`expected ${event.run} to go on, found ${JSON.stringify(event.data)}`);
      default:
        if (!endsRun(event)) return null;
        throw new Error(`expected ${event.run} to complete, found ${JSON.stringify(event.data)}`);
    }
  }
}

function answerTo(
  tenant: string,
  run: string,
  { step, attempt }: { readonly step: StepPath; readonly attempt: number },
): Command {
  return {
    id: `${attemptId(run, step, attempt)}/CompleteAttempt/${RUNNER}`,
    source: 'bench',
    tenant,
    run,
    time: Date.now(),
    actor: 'service:agent-runner',
    correlationId: run,
    type: 'CompleteAttempt',
    data: { step, attempt, runner: RUNNER, output: null },
  };
}
