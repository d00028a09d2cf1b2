import { encodeEvent } from '@fermata/contracts';
import { withFence } from '@fermata/log';
import { tellLoan } from './loan';
import { encodeClaim } from './claim';
import * as plans from './plans';
import { sleep, type Stage } from './stage';

const DIGEST = 'd'.repeat(64);
const DAY_MS = 86_400_000;

/** Something that happens on one partition, told to its end; what is left open stays open. */
export interface Story {
  readonly keyWindowMs: number;
  tell(stage: Stage): Promise<void>;
}

async function fanOut(stage: Stage): Promise<void> {
  await stage.deploy(plans.FAN_OUT);
  await stage.own({ openAttemptsMax: 5 });
  const texts = ['grün', '🎼', null];
  await stage.start('fan-out', { run: 'whole' }, { odd: false });
  for (let at = 0; at < 14; at += 1)
    await stage.answerNext('whole', { at, text: texts[at % 3] ?? null });
  await stage.event('whole', 'RunCompleted');
  for (const tenant of ['acme', 'globex']) {
    const run = `part-of-${tenant}`;
    await stage.start('fan-out', { run, tenant }, { odd: true });
    for (let at = 0; at < 4; at += 1) await stage.answerNext(run, [at, texts]);
    await stage.until(() => stage.of('StepCompleted').filter((one) => one.run === run).length > 3);
  }
}

async function hold(stage: Stage): Promise<void> {
  await stage.deploy(plans.HOLD);
  await stage.own();
  const runs = ['edited', 'refused', 'stopped', 'open', 'paused', 'held'];
  for (const run of runs) {
    await stage.start('hold', { run }, { amount: 120 });
    await stage.complete(run, 'read', { page: 1 });
    await stage.event(run, 'GateOpened');
  }
  await stage.decide('edited', { decision: 'approve', data: { amount: 90 }, reason: 'less' });
  await stage.decide('refused', { decision: 'reject', reason: 'not ours' });
  await stage.decide('edited', { decision: 'approve' }, 2);
  const { tenant, attempt } = await stage.attempt('edited', 'pay');
  const asked = { step: 'pay', attempt, runner: 'runner-1' };
  await stage.send('IntendEffect', { ...asked, digest: DIGEST }, { tenant, run: 'edited' });
  await stage.event('edited', 'EffectIntended');
  await stage.complete('edited', 'pay', { paid: 90 });
  await stage.event('edited', 'RunCompleted');
  // Opened for the policy, and nobody has answered.
  await stage.decide('held', { decision: 'approve' });
  await stage.event('held', 'GateOpened', 2);
  await stage.send('CancelRun', { reason: 'no more' }, { run: 'stopped' });
  await stage.event('stopped', 'RunCancelled');
  await stage.send('PauseRun', { reason: 'lunch' }, { run: 'paused' });
  await stage.event('paused', 'RunPaused');
  await stage.send('PauseRun', {}, { run: 'open' });
  await stage.send('ResumeRun', {}, { run: 'open' });
  await stage.event('open', 'RunResumed');
}

async function doubt(stage: Stage): Promise<void> {
  await stage.deploy(plans.DOUBT, plans.KEYED);
  await stage.own();
  const runs = ['again', 'settled', 'asked', 'given-up'];
  const intend = async (run: string, number = 1): Promise<void> => {
    const { tenant, attempt } = await stage.attempt(run, 'once', number);
    const said = { step: 'once', attempt, runner: `runner-of-${run}`, digest: DIGEST };
    await stage.send('IntendEffect', said, { tenant, run });
    await stage.event(run, 'EffectIntended', number);
  };
  for (const run of runs) {
    await stage.start('doubt', { run });
    await intend(run);
  }
  await stage.start('keyed', { run: 'keyed' });
  await intend('keyed');
  for (const run of runs) await stage.event(run, 'GateOpened');
  await stage.event('keyed', 'AttemptFailed');
  await intend('keyed', 2);
  await stage.complete('keyed', 'once', 'done', 'runner-of-keyed');
  await stage.event('keyed', 'RunCompleted');
  await stage.decide('again', { decision: 'retry' });
  await intend('again', 2);
  await stage.complete('again', 'once', { sent: true }, 'runner-of-again');
  await stage.event('again', 'RunCompleted');
  await stage.complete('settled', 'once', { sent: true }, 'runner-of-settled');
  await stage.event('settled', 'RunCompleted');
  await stage.decide('given-up', { decision: 'reject', reason: 'unclear' });
  await stage.event('given-up', 'RunRejected');
  await stage.complete('given-up', 'once', { late: true }, 'runner-of-given-up');
  await stage.event('given-up', 'ResultIgnored');
}

async function quarantined(stage: Stage): Promise<void> {
  await stage.deploy(plans.PLAIN);
  await stage.own();
  for (const run of ['released', 'kept', 'other']) await stage.start('plain', { run });
  await stage.complete('kept', 'first', 1);
  await stage.attempt('kept', 'second');
  await stage.quarantine('acme', 'released', 'expected whole numbers');
  await stage.quarantine('acme', 'kept', 'expected whole numbers');
  await stage.own();
  await stage.send('ReleaseRun', { reason: 'mended' }, { run: 'released' });
  await stage.event('released', 'RunReleased');
  await stage.complete('released', 'first', 1);
  await stage.complete('released', 'second', 2);
  await stage.event('released', 'RunCompleted');
  await stage.send('PauseRun', {}, { run: 'kept' });
  await stage.until(() => stage.of('CommandRejected').length > 0);
}

async function escalation(stage: Stage): Promise<void> {
  await stage.deploy(plans.ESCALATE, plans.LATE, plans.HURRY, plans.BRIEF, plans.PLAIN);
  await stage.own();
  await stage.start('escalate', { run: 'asked' });
  await stage.start('escalate', { run: 'answered' });
  await stage.start('late', { run: 'late' });
  await stage.start('hurry', { run: 'slow' });
  await stage.start('brief', { run: 'brief' });
  await stage.start('plain', { run: 'tried' });
  await stage.fail('tried', 'first', 'BUSY', true);
  await stage.attempt('tried', 'first', 2);
  await stage.fail('tried', 'first', 'BROKEN', false);
  await stage.event('tried', 'RunFailed');
  const { attempt } = await stage.attempt('slow', 'first');
  const asked = { step: 'first', attempt, runner: 'runner-1' };
  await stage.send('HeartbeatAttempt', asked, { run: 'slow' });
  await stage.event('late', 'RunRejected');
  await stage.event('asked', 'GateEscalated');
  await stage.event('answered', 'GateEscalated');
  await stage.decide('answered', { decision: 'approve' });
  await stage.event('brief', 'RunTimedOut');
  await stage.event('slow', 'AttemptScheduled', 2);
  // One that waits for its next try, and one that is open under a claim.
  await stage.start('plain', { run: 'open' });
  const open = await stage.attempt('open', 'first');
  const claimed = { step: 'first', attempt: open.attempt, runner: 'runner-2' };
  await stage.send('HeartbeatAttempt', claimed, { run: 'open' });
  await stage.event('open', 'AttemptClaimed');
  await stage.start('plain', { run: 'waiting' });
  await stage.fail('waiting', 'first', 'BUSY', true);
  await stage.event('waiting', 'AttemptFailed');
}

async function takeover(stage: Stage): Promise<void> {
  await stage.deploy(plans.PLAIN);
  await stage.own();
  for (const run of ['first', 'second', 'third']) await stage.start('plain', { run });
  await stage.complete('first', 'first', 1);
  await stage.complete('first', 'second', 2);
  await stage.event('first', 'RunCompleted');
  await stage.own();
  // The same id with the same body, and with another.
  await stage.start('plain', { run: 'twice', id: 'twice' });
  await stage.send('CancelRun', { reason: 'other' }, { run: 'twice', id: 'twice' });
  await stage.until(() => stage.of('CommandRejected').length > 0);
  await sleep(700);
  // Its key is free again: a second life, and a third.
  await stage.start('plain', { run: 'first' });
  await stage.event('first~2', 'RunStarted');
  await stage.send('CancelRun', {}, { run: 'first~2' });
  await stage.event('first~2', 'RunCancelled');
  await stage.own();
  await sleep(700);
  await stage.start('plain', { run: 'first' });
  await stage.complete('first~3', 'first', { life: 3 });
  await stage.event('first~3', 'StepCompleted');
  await writeLate(stage);
  await stage.own();
  await stage.complete('second', 'first', 'on');
  await stage.event('second', 'StepCompleted');
}

/** What earlier owners write late: a log that does not refuse it has readers that pass over it. */
async function writeLate(stage: Stage): Promise<void> {
  const last = stage.events.at(-1);
  if (last === undefined) throw new Error('expected events');
  const refusal = encodeEvent({
    id: 'rejected/late',
    tenant: 'acme',
    run: 'second',
    sequence: 0,
    at: last.at + 1,
    causationId: 'late',
    correlationId: 'late',
    actor: 'user:asha',
    type: 'CommandRejected',
    data: { command: 'PauseRun', kind: 'INVALID_STATE', code: 'RUN_NOT_OPEN', message: 'late' },
  });
  const fences = [
    { epoch: 1, seq: 900, position: 900 },
    { epoch: 3, seq: 1, position: 900 },
  ];
  for (const fence of fences) await stage.log.append(0, 0, [withFence(refusal, fence)]);
  const claim = encodeClaim(2, last.at + 1, 'service:scheduler/late');
  await stage.log.append(0, 0, [withFence(claim, { epoch: 2, seq: null, position: null })]);
}

/** The stories that each release is recorded by. */
export const STORIES: Readonly<Record<string, Story>> = {
  loan: { keyWindowMs: DAY_MS, tell: tellLoan },
  'fan-out': { keyWindowMs: DAY_MS, tell: fanOut },
  hold: { keyWindowMs: DAY_MS, tell: hold },
  doubt: { keyWindowMs: DAY_MS, tell: doubt },
  quarantine: { keyWindowMs: DAY_MS, tell: quarantined },
  escalation: { keyWindowMs: DAY_MS, tell: escalation },
  takeover: { keyWindowMs: 500, tell: takeover },
};
