import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  canonicalJson,
  decodeCommand,
  Fault,
  definition,
  encodeEvent,
  nameOfDefinition,
  type Command,
  type CommandType,
  type Event,
  type EventType,
  type EventOf,
  type Json,
  type StepDefinition,
} from '@fermata/contracts';
import { memoryLog, PartitionWriter, type LogPort, type Reader } from '@fermata/log';
import { LogConsumer } from '@fermata/service';
import { definitionOf, Engine } from '@fermata/testing';
import { AddressGuard } from './address-guard';
import type { AgentContext } from './agent';
import { AgentDirectory } from './agent-directory';
import { AttemptLoop } from './attempt-loop';
import { poolOf } from './pool';
import { RegisteredAgents } from './registered-agents';
import { Slots } from './slots';

/** What the agents of a test do: they find it under this name, as their module can't be told. */
export type Work = (input: Json, context: AgentContext) => Promise<unknown>;

const MODULE = `
const work = (name) => (input, context) => globalThis.fermataWork[name](input, context);
export const look = work('look');
export const act = work('act');
`;

/** A runner process: the loop, and what makes it die or read again. */
export interface Runner {
  /** It dies: it hears and says nothing any more. */
  die(): Promise<void>;
  /** It is told to end, as by SIGTERM. */
  stop(): Promise<void>;
  /** Its reading breaks off once, as when the database is away for a moment. */
  breakReading(): void;
}

/**
 * A scheduler's decisions over a log in memory, and runners that perform what it schedules with
 * agents of a real module. Time is the wall's, moved on only by `pass`.
 */
export class House {
  readonly log: LogPort = memoryLog(1);
  readonly engine: Engine;
  readonly sent: Command[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'fermata-runner-'));
  private readonly writer: PartitionWriter;
  private readonly runners: Runner[] = [];
  private readonly heard = new Set<() => void>();
  private commands: Reader | undefined;
  private answering: Promise<void> | undefined;
  private registered: RegisteredAgents | undefined;

  private constructor(
    steps: Record<string, StepDefinition>,
    concurrencyMax: number,
    policy: Parameters<typeof definitionOf>[2],
  ) {
    writeFileSync(join(this.folder, 'agents.mjs'), MODULE);
    const capability = (name: string) => ({ module: './agents.mjs', export: name });
    const agent = {
      name: 'any',
      version: '1.0.0',
      kind: 'function' as const,
      concurrencyMax,
      capabilities: {
        look: { ...capability('look'), risk: 'read' as const },
        act: { ...capability('act'), risk: 'effect' as const },
      },
    };
    writeFileSync(join(this.folder, 'agents.yaml'), JSON.stringify({ agents: [agent] }));
    const project = { workflows: ['none.yaml'], policies: ['none.yaml'], agents: ['agents.yaml'] };
    writeFileSync(join(this.folder, 'fermata.yaml'), JSON.stringify(project));
    const flow = definition.parse({ ...definitionOf(steps, {}, policy), agents: [agent] });
    this.engine = new Engine(flow);
    this.engine.at = Date.now();
    const options = { resendsMax: 1, pause: async () => undefined };
    this.writer = new PartitionWriter(this.log, 0, () => undefined, options);
    const text = canonicalJson(flow as unknown as Json);
    void this.log.putLatest(nameOfDefinition(this.engine.graph.hash), text);
  }

  static async open(
    steps: Record<string, StepDefinition>,
    work: Record<string, Work>,
    concurrencyMax = 100,
    policy: Parameters<typeof definitionOf>[2] = {},
  ) {
    Object.assign(globalThis, { fermataWork: work });
    const house = new House(steps, concurrencyMax, policy);
    const project = { dir: house.folder, tenants: ['acme', 'bolt', 'cog', 'rush', 'quiet'] };
    house.registered = await RegisteredAgents.load([project], () => true);
    await house.writer.claim((epoch) => house.claimOf(epoch));
    house.commands = await house.log.open('commands', 0, 0);
    house.answering = house.answer(house.commands);
    return house;
  }

  /** Starts a runner process. */
  runner(said: { attemptsMax?: number; agents?: string; charsMax?: number } = {}): Runner {
    let isDead = false;
    let fail: (error: Error) => void = () => undefined;
    const { charsMax = Infinity } = said;
    const send: LogPort['send'] = async (records) => {
      if (records.some(({ value }) => value.length > charsMax)) {
        throw new Fault('PAYLOAD_TOO_LARGE', 'expected a command that the log can store');
      }
      if (!isDead) await this.log.send(records);
    };
    const open: LogPort['open'] = async (...args) => {
      const reader = await this.log.open(...args);
      const broken = new Promise<never>((_, reject) => (fail = reject));
      broken.catch(() => undefined);
      return {
        get next() {
          return reader.next;
        },
        read: (...asked) => Promise.race([reader.read(...asked), broken]),
        close: () => reader.close(),
      };
    };
    const log = { ...this.log, send, open };
    const name = `runner-${this.runners.length + 1}`;
    if (this.registered === undefined) throw new Error('expected an open house');
    const agents = new AgentDirectory(log, {
      guard: new AddressGuard([]),
      registered: this.registered,
    });
    const slots = new Slots(said.attemptsMax ?? 500);
    const pool = poolOf(said.agents ?? '');
    const loop = new AttemptLoop({ log, agents, slots, runner: name }, pool);
    const consumer = new LogConsumer({
      log,
      group: pool.group,
      startPlace: (partition) => loop.startPlace(partition),
      consume: (batch) => loop.consume(batch),
    });
    consumer.start();
    const runner: Runner = {
      die: async () => {
        isDead = true;
        await loop.stop();
        await consumer.stop();
      },
      stop: async () => {
        await loop.stop();
        await consumer.stop();
      },
      breakReading: () => fail(new Error('the database is away')),
    };
    this.runners.push(runner);
    return runner;
  }

  /** Starts a run. */
  async start(run = 'run-1', tenant = 'acme'): Promise<void> {
    this.engine.at = Date.now();
    await this.keep(this.engine.start({}, { run, tenant }));
  }

  /** Cancels a run. */
  async cancel(run = 'run-1'): Promise<void> {
    await this.keep(this.engine.send('CancelRun', {}, { run }));
  }

  /** Lets the scheduler's time pass. */
  async pass(ms: number): Promise<void> {
    await this.keep(this.engine.advance(ms));
  }

  /** The first event of a type, once it is there. */
  async event<T extends EventType>(type: T, run = 'run-1'): Promise<EventOf<T>> {
    for (;;) {
      const found = this.engine.of(type).find((event) => event.run === run);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.heard.add(resolve));
    }
  }

  /** A command that a runner sent, once it is there. */
  async command(type: CommandType, run = 'run-1'): Promise<Command> {
    for (;;) {
      const found = this.sent.find((command) => command.type === type && command.run === run);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.heard.add(resolve));
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.die()));
    this.commands?.close();
    await this.answering;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async answer(commands: Reader): Promise<void> {
    for (;;) {
      const records = await commands.read(100);
      if (records.length === 0) return;
      for (const record of records) {
        const { decoded: _, ...bytes } = record;
        const command = decodeCommand(bytes);
        this.sent.push(command);
        await this.keep(this.engine.handle(command));
      }
    }
  }

  private async keep(events: readonly Event[]): Promise<void> {
    if (events.length > 0) await this.writer.commit(events.map(encodeEvent), 0);
    for (const wake of this.heard) wake();
    this.heard.clear();
  }

  private claimOf(epoch: number) {
    const subject = 'partition/0';
    return encodeEvent({
      id: `${subject}#claim-${epoch}`,
      tenant: null,
      run: subject,
      sequence: 0,
      at: this.engine.at,
      causationId: 'claim',
      correlationId: 'claim',
      actor: 'test',
      type: 'PartitionClaimed',
      data: { owner: 'test', nonce: 'claim', partitions: 1 },
    });
  }
}
