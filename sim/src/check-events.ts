import type { Event, Json, RunEvent, StepPath } from '@fermata/contracts';
import {
  attemptAt,
  gateAt,
  hasEnded,
  isFinished,
  stepOf,
  stepsOf,
  type PartitionState,
  type RunState,
} from '@fermata/core';
import type { AcceptedRecord } from './oracle';
import type { Violations } from './violations';
import { graphOf } from './workflows';

const AFTER_END: ReadonlySet<Event['type']> = new Set(['ResultIgnored']);
const IN_QUARANTINE: ReadonlySet<Event['type']> = new Set([
  'RunReleased',
  'RunCancelled',
  'RunQuarantined',
]);

/** Judges each event that counts against the state of its partition before it. */
export class EventChecker {
  private readonly ids = new Set<string>();
  /** Gates that a person approved, by tenant/run/step. */
  private readonly approved = new Set<string>();

  constructor(
    private readonly violations: Violations,
    private readonly openAttemptsMax: number,
  ) {}

  check({ event }: AcceptedRecord, partition: number, state: PartitionState): void {
    const { violations } = this;
    const found = (): string => describe(event);
    // A claim lands behind records that its sender had not read: it tells no time.
    const isInOrder = event.at >= state.at || event.type === 'PartitionClaimed';
    violations.check(isInOrder, 'log time never goes back', () => {
      return `${found()} is stamped ${event.at}, after ${state.at}`;
    });
    if (event.sequence === 0) return;
    const id = `${event.tenant}/${event.id}`;
    violations.check(!this.ids.has(id), 'event ids are never used twice', found);
    this.ids.add(id);
    const run = event as RunEvent;
    const key = `${event.tenant}/${event.run}`;
    const before = state.runs.get(key) ?? state.ended.get(key)?.run;
    this.checkRun(run, before);
    if (before !== undefined) this.checkStep(run, before, state);
    this.checkTenant(run);
    if (run.type === 'GateDecided' && run.data.decision === 'approve') {
      this.approved.add(`${key}/${run.data.step}`);
    }
  }

  private checkRun(event: RunEvent, before: RunState | undefined): void {
    const { violations } = this;
    const found = (): string => `${describe(event)} of a run that ${before?.status ?? 'is not'}`;
    const isStart = event.type === 'RunStarted';
    violations.check(isStart === (before === undefined), 'a run starts once, and first', found);
    const next = (before?.sequence ?? 0) + 1;
    violations.check(event.sequence === next, 'the events of a run are numbered densely', found);
    if (before === undefined) return;
    const mayFollowEnd = !hasEnded(before) || AFTER_END.has(event.type);
    violations.check(mayFollowEnd, 'nothing happens to a run that ended', found);
    const isAside = before.status === 'quarantined' && !IN_QUARANTINE.has(event.type);
    violations.check(!isAside, 'nothing happens to a run in quarantine', found);
  }

  private checkStep(event: RunEvent, before: RunState, state: PartitionState): void {
    const found = (): string => describe(event);
    const { violations } = this;
    switch (event.type) {
      case 'AttemptScheduled':
        this.checkSchedule(event.data.step, event.data.attempt, before, found);
        this.checkRoom(before.tenant, state, found);
        return;
      case 'StepCompleted': {
        const { step } = event.data;
        const first = !isFinished(before, step);
        violations.check(first, 'a step is completed once', found);
        this.checkGateStep(step, before, found);
        return;
      }
      case 'AttemptClaimed':
      case 'EffectIntended': {
        const open = attemptAt(stepOf(before, event.data.step));
        const isOpen = open?.number === event.data.attempt;
        violations.check(isOpen, 'only an open attempt is claimed', found);
        if (open === null) return;
        const isFree = open.claim === null || open.claim.runner === event.data.runner;
        violations.check(isFree, 'an attempt that one runner holds is not given to another', found);
        const isFirst = event.type === 'AttemptClaimed' || open.intent === null;
        violations.check(isFirst, 'an effect is granted once for each attempt', found);
        return;
      }
      case 'GateDecided':
        this.checkDecision(event, before);
        return;
      default:
    }
  }

  private checkSchedule(step: StepPath, attempt: number, run: RunState, found: () => string): void {
    const { violations } = this;
    const { held, attempt: last } = stepOf(run, step);
    violations.check(run.status === 'running', 'a run that is held starts nothing', found);
    violations.check(
      held?.kind !== 'attempt' && held?.kind !== 'gate',
      'a step has one attempt or gate at a time',
      found,
    );
    violations.check(attempt === last + 1, 'attempts are numbered densely', found);
    const graph = graphOf(run.workflow.hash);
    const node = graph?.steps[graph.indexOf.get(step) ?? -1];
    const needs = node?.needs.flatMap((need) => graph?.steps[need]?.id ?? []) ?? [];
    const ready = needs.every((need) => isFinished(run, need));
    violations.check(ready, 'a step starts when all that it needs is there', found);
    const isCareful = run.workflow.name === 'careful' && node?.work.risk === 'effect';
    const isApproved = this.approved.has(`${run.tenant}/${run.run}/${step}`);
    violations.check(!isCareful || isApproved, 'nothing behind a gate starts before it', found);
  }

  /** Counted anew, not as the state counts. */
  private checkRoom(tenant: string, state: PartitionState, found: () => string): void {
    let open = 0;
    for (const run of state.runs.values()) {
      if (run.tenant !== tenant || run.status === 'quarantined') continue;
      for (const [, step] of stepsOf(run)) open += Number(attemptAt(step) !== null);
    }
    const rule = 'a tenant has no more attempts open than it may';
    this.violations.check(open < this.openAttemptsMax, rule, found);
  }

  private checkGateStep(step: string, run: RunState, found: () => string): void {
    const graph = graphOf(run.workflow.hash);
    const isGate = graph?.steps[graph.indexOf.get(step) ?? -1]?.work.kind === 'gate';
    const isApproved = this.approved.has(`${run.tenant}/${run.run}/${step}`);
    this.violations.check(!isGate || isApproved, 'nothing behind a gate starts before it', found);
  }

  private checkDecision(event: RunEvent & { type: 'GateDecided' }, run: RunState): void {
    const { violations } = this;
    const gate = gateAt(stepOf(run, event.data.step));
    const found = (): string => `${describe(event)} by ${event.data.approver}`;
    violations.check(gate?.id === event.data.gate, 'only an open gate is decided', found);
    if (gate === null) return;
    const { approver, groups } = event.data;
    violations.check(approver !== run.requester, 'nobody approves a run of their own', found);
    const isAsked = groups.some((group) => gate.groups.includes(group));
    violations.check(isAsked, 'only those who are asked decide', found);
    const isInTime = (run.pausedAt ?? event.at) <= gate.dueAt;
    violations.check(isInTime, 'a gate is decided before it is due', found);
  }

  /** Whatever people and agents said names its tenant: nothing of another's may be in it. */
  private checkTenant(event: RunEvent): void {
    const foreign = tenantsIn(event.data as Json).filter((tenant) => tenant !== event.tenant);
    const found = (): string => `${describe(event)} of ${event.tenant} tells of ${foreign[0]}`;
    this.violations.check(foreign.length === 0, 'tenants are kept apart', found);
  }
}

/** An event, in short. */
export function describe(event: Event): string {
  const step = 'step' in event.data ? `/${event.data.step}` : '';
  const attempt = 'attempt' in event.data ? `/${event.data.attempt}` : '';
  return `${event.type} ${event.id}${step}${attempt} (${event.tenant}) caused by ${event.causationId}`;
}

function tenantsIn(value: Json): string[] {
  if (value === null || typeof value !== 'object') return [];
  const found = Object.entries(value).flatMap(([name, member]) =>
    name === 'tenant' && typeof member === 'string' ? [member] : tenantsIn(member),
  );
  return found;
}
