import { appendFileSync, readFileSync } from 'node:fs';
import { encodeCommand, type Command } from '@fermata/contracts';
import type { LogPort } from '@fermata/log';
import { sleep } from '../standalone-process';

/** What a client wrote down: a request before it sends it, and that it was acknowledged. */
interface Line {
  readonly what: 'sent' | 'acknowledged';
  readonly id: string;
}

const PAUSE_MS = 100;

/**
 * The client's own account, in a file: what it was told is stored must be found on the log in the
 * end. A send whose outcome is unknown is sent again, as a client does.
 */
export class Ledger {
  constructor(
    private readonly file: string,
    private readonly log: LogPort,
  ) {
    appendFileSync(file, '');
  }

  async send(command: Command): Promise<void> {
    this.write({ what: 'sent', id: command.id });
    const record = encodeCommand(command);
    for (;;) {
      try {
        await this.log.send([record]);
        break;
      } catch {
        await sleep(PAUSE_MS);
      }
    }
    this.acknowledge(command.id);
  }

  acknowledge(id: string): void {
    this.write({ what: 'acknowledged', id });
  }

  /** Ids of all commands that were acknowledged. */
  acknowledged(): ReadonlySet<string> {
    const lines = readFileSync(this.file, 'utf8').trim().split('\n');
    const read = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
    return new Set(read.filter(({ what }) => what === 'acknowledged').map(({ id }) => id));
  }

  private write(line: Line): void {
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }
}
