import {
  decodeCommand,
  KEYED_COMMANDS,
  partitionOf,
  recordKey,
  type Command,
  type Event,
} from '@fermata/contracts';
import type { StoredRecord } from '@fermata/log';
import type { Broker } from './broker';
import type { AcceptedRecord, Oracle } from './oracle';
import type { Violations } from './violations';

/** What a command record must come to. */
interface Expected {
  readonly offset: number;
  readonly command: Command | null;
  readonly isHome: boolean;
}

/** Keeps the ledger: everything that was stored in the commands topic comes to something, once. */
export class CommandChecker {
  private readonly expected = new Map<number, Expected[]>();
  /** Commands sent on, by the partition that they came to and their id. */
  private readonly forwarded = new Set<string>();
  /** Commands of which the log says something, by tenant and id. */
  private readonly answered = new Set<string>();
  /** The first outcome that was remembered under a command's key. */
  private readonly outcomes = new Map<string, string>();
  /** The position up to which each partition was checked. */
  private readonly checkedTo = new Map<number, number>();

  constructor(
    private readonly violations: Violations,
    private readonly broker: Broker,
  ) {}

  /** Takes in commands that were stored. */
  stored(partition: number, records: readonly StoredRecord[]): void {
    const list = this.expected.get(partition) ?? [];
    this.expected.set(partition, list);
    for (const record of records) {
      const command = understood(record);
      const home =
        command &&
        partitionOf(recordKey(command.tenant, command.run), this.broker.options.partitions);
      list[record.offset] = { offset: record.offset, command, isHome: home === partition };
      if (command !== null && (command.hops ?? 0) > 0) {
        this.forwarded.add(`${partition}/${command.tenant}/${command.id}`);
      }
    }
  }

  /** Takes in what the log says; checks what it has moved past. */
  landed(partition: number, records: readonly AcceptedRecord[], oracle: Oracle): void {
    for (const { event } of records) this.hear(event);
    const from = this.checkedTo.get(partition) ?? 0;
    for (const expected of this.expected.get(partition)?.slice(from, oracle.position) ?? []) {
      this.checkPassed(partition, expected);
    }
    this.checkedTo.set(partition, Math.max(from, oracle.position));
    const { length } = this.expected.get(partition) ?? [];
    const rule = 'the position is one that the commands have';
    this.violations.check(oracle.position <= length, rule, () => `${oracle.position} of ${length}`);
  }

  /** Checks all commands: to be used when everything has come to rest. */
  checkAll(): void {
    for (const [partition, list] of this.expected) {
      for (const expected of list) this.checkPassed(partition, expected);
    }
  }

  private hear(event: Event): void {
    const key = `${event.tenant}/${event.causationId}`;
    this.answered.add(key);
    if (event.commandDigest === undefined) return;
    const first = this.outcomes.get(key);
    const isFirst = first === undefined || first === 'DEFINITION_UNKNOWN' || first === 'OVERLOADED';
    const outcome = event.type === 'CommandRejected' ? event.data.code : event.type;
    const found = (): string => `command ${key} came to ${first} and then to ${outcome}`;
    this.violations.check(isFirst, 'no command is decided twice', found);
    this.outcomes.set(key, outcome);
  }

  private checkPassed(partition: number, { offset, command, isHome }: Expected): void {
    const place = `commands/${partition}/${offset}`;
    const isDeadLetter = this.broker.letters.has(place);
    if (command === null) {
      const rule = 'what can not be understood is a dead letter';
      this.violations.check(isDeadLetter, rule, () => `${place} is not`);
      return;
    }
    const found = (): string => `${command.type} ${command.tenant}/${command.id} at ${place}`;
    if (!isHome) {
      const { partitions } = this.broker.options;
      const home = partitionOf(recordKey(command.tenant, command.run), partitions);
      const isSent = this.forwarded.has(`${home}/${command.tenant}/${command.id}`);
      const rule = 'a command that went astray is sent on, or a dead letter, before it is passed';
      this.violations.check(isSent || isDeadLetter, rule, found);
    } else if (KEYED_COMMANDS.has(command.type)) {
      const isAnswered = this.answered.has(`${command.tenant}/${command.id}`);
      // Whoever ends also at storing the dead letter leaves no answer but that.
      const isUnread = this.broker.letters.get(place)?.code === 'COMMAND_UNDECIDABLE';
      this.violations.check(isAnswered || isUnread, 'no command is lost', found);
    }
  }
}

function understood(record: StoredRecord): Command | null {
  const { decoded: _, ...bytes } = record;
  try {
    return decodeCommand(bytes);
  } catch {
    return null;
  }
}
