import {
  answerOf,
  attemptId,
  canonicalJson,
  commandOf,
  encodeCommand,
  Fault,
  LIMITS,
  shorten,
  type CommandData,
  type CommandType,
  type EventOf,
  type WireRecord,
} from '@fermata/contracts';
import { sha256Hex } from '@fermata/core';
import type { LogPort, Place } from '@fermata/log';
import { after, inSpan, pause, SpanKind, type Timer } from '@fermata/service';
import { failureOf, type AgentContext, type FoundAgent } from './agent';
import type { AgentDirectory } from './agent-directory';
import type { Slots } from './slots';

type Task = EventOf<'AttemptScheduled'>;

/** What an attempt needs of its runner. */
export interface RunnerTools {
  readonly log: LogPort;
  readonly agents: AgentDirectory;
  /** Name of this runner process, new with each start. */
  readonly runner: string;
  readonly slots: Slots;
}

/** A short attempt pays for no claim; one that lasts longer is claimed by its first heartbeat. */
const FIRST_BEAT_MS = 1_000;
const BEAT_MIN_MS = 100;
/** Clocks differ: a beat at the deadline may come before it to its scheduler. */
const OVERDUE_BEAT_MS = 1_000;
const RESEND_MS = 200;
/** What an agent's signal says; made once, since nearly every attempt ends with it unheard. */
const CLOSED = new Error('the attempt is closed: nobody waits for its result');

/** One attempt in this runner's hands, from its scheduling to the event that closed it. */
export class Attempt {
  private readonly abort = new AbortController();
  private beat: Timer | undefined;
  private grant: (leaseUntil: number | null) => void = () => undefined;
  private readonly granted = new Promise<number | null>((resolve) => (this.grant = resolve));
  /** Whether another runner process claimed it: then it is not ours to perform. */
  isForeign = false;
  private isDoubtful = false;
  private entered = false;
  private begun = false;
  /** Whether an effect was granted: then it may have happened. */
  private isGranted = false;

  constructor(
    readonly task: Task,
    /** The place before the task: where a restart must read from while it is open. */
    readonly before: Place,
    private readonly tools: RunnerTools,
  ) {}

  /** Hears that a runner claimed this attempt, or was granted its effect. */
  claimed(runner: string, leaseUntil: number, isEffect: boolean): void {
    // A grant that was asked for before this attempt began was used, or may have been, by then.
    if (runner !== this.tools.runner || !this.begun) {
      this.isForeign = true;
      this.close();
    } else if (isEffect) {
      this.isGranted = true;
      this.grant(leaseUntil);
    }
  }

  /** Its effect is in doubt: only its outcome is still of use, a sign of life no more. */
  doubt(): void {
    this.isDoubtful = true;
    this.beat?.clear();
  }

  /**
   * The command by which a runner that stops gives the attempt back, if it has begun it; what may
   * have had its effect is left to the end of its lease.
   */
  release(): WireRecord | null {
    if (!this.begun || this.isForeign || this.isGranted || this.isDoubtful) return null;
    return this.command('ReleaseAttempt', this.spoken, this.task.traceparent);
  }

  /** The attempt is closed on the log: whoever performs it should stop. */
  close(): void {
    this.beat?.clear();
    this.grant(null);
    this.abort.abort(CLOSED);
  }

  /**
   * Has the attempt performed, once, as soon as its agent has a place for it. While it waits for
   * that it is nobody's: it is not claimed, no grant is asked for, and its deadline runs.
   */
  async begin(): Promise<void> {
    if (this.entered || this.isForeign) return;
    this.entered = true;
    const agent = await this.find();
    if (agent === null) return;
    const { signal } = this.abort;
    const { tenant } = this.task;
    const perform = (free: () => void) => this.perform(agent, free);
    await this.tools.slots.enter(agent, { tenant, signal, perform });
  }

  private async find(): Promise<FoundAgent | null> {
    try {
      return await this.tools.agents.find(this.task.data, this.task.tenant);
    } catch (error) {
      await this.fail(error, this.task.traceparent);
      return null;
    }
  }

  private async perform(found: FoundAgent, free: () => void): Promise<void> {
    this.begun = true;
    const { task } = this;
    const { step, agent, capability, risk } = task.data;
    const attributes = {
      'fermata.run': task.run,
      'fermata.step': step,
      'fermata.attempt': task.data.attempt,
      'fermata.risk': risk,
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': agent.name,
    };
    const options = { kind: SpanKind.CLIENT, parent: task.traceparent, attributes };
    await inSpan(`attempt ${agent.name}.${capability}`, options, (trace) =>
      this.performIn(found, trace, free),
    );
  }

  private async performIn(
    found: FoundAgent,
    traceparent: string | undefined,
    free: () => void,
  ): Promise<void> {
    try {
      if (this.task.data.risk === 'effect' && !(await this.mayAct(traceparent))) return;
      this.beatAfter(FIRST_BEAT_MS, traceparent);
      // The agent is done before its answer is stored: the next need not wait for that.
      const output = await this.call(found, traceparent).finally(free);
      await this.answer(
        'CompleteAttempt',
        { ...this.spoken, output: answerOf(output) },
        traceparent,
      );
    } catch (error) {
      await this.fail(error, traceparent);
    } finally {
      this.beat?.clear();
    }
  }

  private async call({ perform }: FoundAgent, traceparent: string | undefined): Promise<unknown> {
    return perform(this.task.data.input, this.contextWith(traceparent));
  }

  private async fail(error: unknown, traceparent: string | undefined): Promise<void> {
    const { code, message, retryable, retryAfterMs } = failureOf(error);
    const said = shorten(message, LIMITS.reasonCharsMax);
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    const failed = { ...this.spoken, code, message: said, retryable, ...wait };
    await this.answer('FailAttempt', failed, traceparent);
  }

  /**
   * Asks for the grant of an effect: the intent must stand on the log, under this process's name,
   * before the call, and the call must begin within its lease.
   */
  private async mayAct(traceparent: string | undefined): Promise<boolean> {
    const { agent, capability, input, idempotencyKey } = this.task.data;
    const call = { agent, capability, input, idempotencyKey };
    const digest = sha256Hex(canonicalJson(call));
    await this.answer('IntendEffect', { ...this.spoken, digest }, traceparent);
    const leaseUntil = await this.granted;
    return leaseUntil !== null && Date.now() < leaseUntil;
  }

  private contextWith(traceparent: string | undefined): AgentContext {
    const { tenant, run, data } = this.task;
    const number = data.attempt;
    return {
      tenant,
      run,
      step: data.step,
      attempt: { id: attemptId(run, data.step, number), number },
      idempotencyKey: data.idempotencyKey,
      signal: this.abort.signal,
      deadlineAt: data.deadlineAt,
      traceparent,
      heartbeat: () => void this.sendBeat(traceparent),
    };
  }

  private beatAfter(ms: number, traceparent: string | undefined): void {
    if (this.isDoubtful) return;
    this.beat = after(ms, () => {
      void this.sendBeat(traceparent);
      const { leaseMs, deadlineAt } = this.task.data;
      // Beats at the deadline and after it tell that the runner lives, and its agent is too slow.
      const leftMs = deadlineAt - Date.now();
      const nextMs = Math.min(leaseMs / 3, leftMs > 0 ? leftMs : OVERDUE_BEAT_MS);
      this.beatAfter(Math.max(BEAT_MIN_MS, nextMs), traceparent);
    });
  }

  private async sendBeat(traceparent: string | undefined): Promise<void> {
    // What nobody waits for, however its agent goes on, says nothing: each word is answered.
    if (this.isDoubtful || this.abort.signal.aborted) return;
    // A beat that is lost is followed by the next.
    await this.send('HeartbeatAttempt', this.spoken, traceparent).catch(() => undefined);
  }

  /**
   * Sends an answer until it is stored, or nobody waits for it any more. One that the log will
   * never take fails the attempt.
   */
  private async answer<T extends CommandType>(
    type: T,
    data: CommandData<T>,
    traceparent: string | undefined,
  ): Promise<void> {
    while (!this.abort.signal.aborted) {
      try {
        return await this.send(type, data, traceparent);
      } catch (error) {
        if (error instanceof Fault && !error.retryable && type !== 'FailAttempt') throw error;
        await pause(RESEND_MS);
      }
    }
  }

  private async send<T extends CommandType>(
    type: T,
    data: CommandData<T>,
    traceparent: string | undefined,
  ): Promise<void> {
    await this.tools.log.send([this.command(type, data, traceparent)]);
  }

  /** Which attempt this process speaks of. */
  private get spoken() {
    const { step, attempt } = this.task.data;
    return { step, attempt, runner: this.tools.runner };
  }

  private command<T extends CommandType>(
    type: T,
    data: CommandData<T>,
    traceparent: string | undefined,
  ): WireRecord {
    const { tenant, run, correlationId } = this.task;
    const { step, attempt } = this.task.data;
    const { runner } = this.tools;
    const envelope = {
      id: commandId(`${attemptId(run, step, attempt)}/${type}/${runner}`),
      source: 'fermata/agent-runner',
      tenant,
      run,
      time: Date.now(),
      actor: 'service:agent-runner',
      correlationId,
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    const record = encodeCommand(commandOf(type, envelope, data));
    checkSize(record);
    return record;
  }
}

/** What names a command, cut to what an id may hold; no two of them become one. */
function commandId(name: string): string {
  return name.length <= LIMITS.idCharsMax ? name : sha256Hex(name);
}

/** What is larger than the door takes would be a dead letter, and the attempt left waiting. */
function checkSize({ value }: WireRecord): void {
  if (value.length <= LIMITS.commandBytesMax) return;
  const found = `expected an answer of at most ${LIMITS.commandBytesMax} characters of JSON`;
  const message = `${found}, found ${value.length}; answer with a reference`;
  throw new Fault('PAYLOAD_TOO_LARGE', message);
}
