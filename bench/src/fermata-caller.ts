import { join } from 'node:path';
import { encodeCommand, endsRun, type Command, type Event } from '@fermata/contracts';
import type { LogPort } from '@fermata/log';
import type { CommandDesk } from '@fermata/service';
import { Deployed } from './deployed';
import type { STEPS } from './measure-system';

/** The project of no-op agents that all measurements run. */
export const PROJECT = join(__dirname, '../project');

const WORKFLOWS = { five: 'five', fanOut: 'fan-out' } as const;

interface Heard {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Starts runs by a command on the log, and hears on the log how they end. */
export class FermataCaller {
  private readonly waiting = new Map<string, Heard>();
  private readonly deployed: Deployed;
  private started = 0;

  constructor(
    private readonly log: LogPort,
    desk: CommandDesk,
    private readonly tenant = 'local',
  ) {
    this.deployed = new Deployed(log);
    desk.listen(({ entries }) => {
      for (const { event } of entries) this.hear(event);
    });
  }

  /** One run, from its command to the end that its caller hears. */
  run(kind: keyof typeof STEPS): Promise<void> {
    return this.start(WORKFLOWS[kind]);
  }

  /** A run that waits at its gate. */
  hold(): Promise<void> {
    return this.start('hold');
  }

  private async start(workflow: string): Promise<void> {
    const run = `bench-${this.tenant}-${process.pid}-${(this.started += 1)}`;
    const hash = await this.deployed.hashOf(workflow);
    const heard = new Promise<void>((resolve, reject) =>
      this.waiting.set(run, { resolve, reject }),
    );
    const command: Command = {
      id: `start-${run}`,
      source: 'bench',
      tenant: this.tenant,
      run,
      time: Date.now(),
      actor: 'user:bench',
      correlationId: run,
      type: 'StartRun',
      data: { workflow: { name: workflow, version: '1.0.0', hash }, input: {} },
    };
    await this.log.send([encodeCommand(command)]);
    await heard;
  }

  private hear(event: Event): void {
    const isRefused = event.type === 'CommandRejected' && event.data.command === 'StartRun';
    // A late beat of an attempt is refused too, and that is no end of its run.
    if (event.type === 'RunCompleted' || event.type === 'GateOpened') {
      this.waiting.get(event.run)?.resolve();
    } else if (isRefused || event.type === 'RunQuarantined' || endsRun(event)) {
      this.waiting.get(event.run)?.reject(endedBadly(event));
    } else return;
    this.waiting.delete(event.run);
  }
}

function endedBadly({ type, run, data }: Event): Error {
  return new Error(`expected run ${run} to complete, found ${type}: ${JSON.stringify(data)}`);
}
