import {
  commandOf as commandFor,
  encodeCommand,
  type Command,
  type CommandData,
  type CommandType,
} from '@fermata/contracts';
import type { NewRecord } from '@fermata/log';
import { sendTo } from './log-port';
import type { Wire } from './wire';

/** What a command says beside its data. */
export interface Said {
  readonly id: string;
  readonly tenant: string;
  readonly run: string;
  readonly actor?: string;
  readonly time?: number;
  readonly hops?: number;
}

/** Makes a command as a service or another team's client would. */
export function commandOf<T extends CommandType>(
  type: T,
  data: CommandData<T>,
  { id, tenant, run, actor = 'user:asha', time = Date.now(), ...rest }: Said,
): Command {
  const correlationId = id;
  const said = { id, source: 'sim', tenant, run, time, actor, correlationId, ...rest };
  return commandFor(type, said, data);
}

/** Sends commands for people: again and again, until they are stored. */
export class Sender {
  constructor(
    private readonly wire: Wire,
    private readonly port: { send(records: readonly NewRecord[]): Promise<void> },
  ) {}

  /** Resolves once the command is stored. */
  async send(command: Command): Promise<void> {
    await this.insist(() => this.port.send([encodeCommand(command)]));
  }

  /** Stores bytes in one partition, whether they belong there or not. */
  async sendBytes(partition: number, record: NewRecord): Promise<void> {
    await this.insist(() => sendTo(this.wire, partition, [record]));
  }

  private async insist(send: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await send();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  }
}
