import type { RunDetailView } from './client';
import { durationText, RunTree } from './tree';

const START = Date.parse('2026-11-23T09:00:00.000Z');

type Said = readonly [type: string, data: Readonly<Record<string, unknown>>];

/** Events of a run, one second apart. */
function events(...said: readonly Said[]): Parameters<RunTree['take']>[0][] {
  return said.map(([type, data], index) => ({
    type,
    at: new Date(START + index * 1_000).toISOString(),
    data: { ...data },
  }));
}

function treeOf(...said: readonly Said[]): RunTree {
  const tree = new RunTree('flow@1.0.0 run-1');
  for (const event of events(...said)) tree.take(event);
  return tree;
}

describe('the tree of a run', () => {
  it('shows each step with its state and how long it took, and where the run stands', () => {
    const tree = treeOf(
      ['RunStarted', {}],
      ['AttemptScheduled', { step: 'parse', attempt: 1 }],
      ['AttemptClaimed', { step: 'parse', attempt: 1 }],
      ['StepCompleted', { step: 'parse', attempt: 1 }],
      ['CheckpointReached', { label: 'c1', steps: ['parse'] }],
      ['StepSkipped', { step: 'review' }],
      ['AttemptScheduled', { step: 'send', attempt: 1 }],
    );
    expect(tree.lines(START + 9_000)).toEqual([
      'flow@1.0.0 run-1  running',
      '  ● parse                    completed      2.0 s',
      '  ○ review                   skipped         0 ms',
      '  ◌ send                     scheduled      3.0 s',
      '  checkpoints c1',
    ]);
  });

  it('shows which attempt it is at from the second on, and why the last one failed', () => {
    const tree = treeOf(
      ['AttemptScheduled', { step: 'parse', attempt: 1 }],
      ['AttemptFailed', { step: 'parse', attempt: 1, code: 'BUSY', message: 'too busy' }],
      ['AttemptScheduled', { step: 'parse', attempt: 2 }],
      ['AttemptFailed', { step: 'parse', attempt: 2, code: 'BUSY', message: 'still busy' }],
    );
    expect(tree.line('parse', START + 3_000)).toBe(
      '  ↻ parse                    waiting        3.0 s  attempt 2  still busy',
    );
  });

  it('shows a gate with its title while it holds', () => {
    const tree = treeOf(['GateOpened', { step: 'review', title: 'Review\nnow' }]);
    expect(tree.line('review', START)).toMatch(/⏸ review +held +0 ms  Review\\u000anow$/);
  });

  it('shows no more of a note than fits a line', () => {
    const tree = treeOf(['AttemptFailed', { step: 'a', attempt: 1, message: 'x'.repeat(500) }]);
    expect(tree.line('a', START)).toMatch(/ x{160} …$/);
  });

  it('shows a refused gate as rejected, and lets its time stand still', () => {
    const tree = treeOf(
      ['GateOpened', { step: 'review', title: 'Review' }],
      ['GateDecided', { step: 'review', decision: 'reject' }],
      ['RunRejected', { step: 'review', code: 'GATE_REJECTED', reason: '' }],
    );
    expect(tree.lines(START + 9_000)).toEqual([
      'flow@1.0.0 run-1  rejected',
      '  ✗ review                   rejected       1.0 s',
      '  GATE_REJECTED without a reason',
    ]);
  });

  it('does not call a step waiting whose last attempt failed', () => {
    const last = { step: 'a', attempt: 1, message: 'no', retryAt: null };
    const tree = treeOf(['AttemptScheduled', { step: 'a', attempt: 1 }], ['AttemptFailed', last]);
    expect(tree.line('a', START + 1_000)).toMatch(/scheduled +1\.0 s$/);
  });

  it('stops the clock of what a run did not finish when it ends', () => {
    const tree = treeOf(
      ['AttemptScheduled', { step: 'a', attempt: 1 }],
      ['RunCancelled', { reason: 'enough', unsettled: [] }],
    );
    expect(tree.line('a', START + 60_000)).toMatch(/scheduled +1\.0 s$/);
  });

  it.each<[string, Readonly<Record<string, unknown>>, string, string]>([
    ['RunCompleted', { output: 1 }, 'completed', ''],
    [
      'RunFailed',
      { step: 'a', code: 'AGENT_FAILED', message: 'no\u001b' },
      'failed',
      'AGENT_FAILED no\\u001b',
    ],
    [
      'RunRejected',
      { step: 'a', code: 'GATE_REJECTED', reason: 'too much' },
      'rejected',
      'GATE_REJECTED too much',
    ],
    ['RunTimedOut', { deadlineAt: 1 }, 'timed-out', ''],
    ['RunCancelled', { reason: 'changed my mind', unsettled: [] }, 'cancelled', 'changed my mind'],
    ['RunPaused', { reason: 'lunch' }, 'paused', 'lunch'],
    [
      'RunQuarantined',
      { code: 'RUN_QUARANTINED', message: 'a defect' },
      'quarantined',
      'RUN_QUARANTINED a defect',
    ],
  ])('says after %s how the run stands, and why', (type, data, status, why) => {
    const tree = treeOf([type, data]);
    const lines = [`flow@1.0.0 run-1  ${status}`, why === '' ? '' : `  ${why}`];
    expect(tree.lines(START)).toEqual(lines.filter(Boolean));
  });

  it.each([
    ['RunPaused', 'RunResumed'],
    ['RunQuarantined', 'RunReleased'],
  ])('forgets after %s and %s why the run was held', (held, released) => {
    const tree = treeOf([held, { reason: 'lunch' }], [released, { reason: 'back', heldMs: 1 }]);
    expect(tree.lines(START)).toEqual(['flow@1.0.0 run-1  running']);
  });

  it('moves no step for an event that moves none', () => {
    const tree = new RunTree('flow run-1');
    const moved = events(
      ['RunStarted', {}],
      ['GateEscalated', { step: 'review' }],
      ['SomethingNew', { step: 'review' }],
      ['StepCompleted', { step: 'review' }],
    ).map((event) => tree.take(event));
    expect(moved).toEqual([null, null, null, 'review']);
  });

  it('is the same when the run is read whole', () => {
    const run: RunDetailView = {
      run: 'run-1',
      workflow: 'flow@1.0.0',
      policy: 'plain@1.0.0',
      status: 'failed',
      requester: 'user:asha',
      sequence: 7,
      startedAt: new Date(START).toISOString(),
      endedAt: null,
      input: null,
      output: null,
      definition: '',
      attempts: [],
      attemptCount: 2,
      problem: { code: 'AGENT_FAILED', message: 'no' },
      steps: [
        {
          step: 'parse',
          status: 'failed',
          attempt: 2,
          startedAt: new Date(START).toISOString(),
          endedAt: new Date(START + 61_000).toISOString(),
          output: null,
        },
        { step: 'send', status: 'ready', attempt: 0, startedAt: null, endedAt: null, output: null },
      ],
      gates: [],
      checkpoints: [{ label: 'c1', steps: ['parse'], sequence: 5, at: null }],
    };
    expect(RunTree.of(run).lines(START + 99_000)).toEqual([
      'flow@1.0.0 run-1  failed',
      '  ✗ parse                    failed       1 m 1 s  attempt 2',
      '  ◌ send                     ready',
      '  checkpoints c1',
      '  AGENT_FAILED no',
    ]);
  });
});

describe('a duration', () => {
  it.each([
    [-5, '0 ms'],
    [0, '0 ms'],
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [59_999, '59.9 s'],
    [60_000, '1 m 0 s'],
    [119_999, '1 m 59 s'],
    [3_599_999, '59 m 59 s'],
    [3_600_000, '1 h 0 m'],
    [7_199_999, '1 h 59 m'],
    [172_800_000, '48 h 0 m'],
  ])('of %d ms is read as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
