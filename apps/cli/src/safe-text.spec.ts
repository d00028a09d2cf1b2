import { approvalLines } from './approval-text';
import type { ApprovalView } from './client';
import { safeText, shownJson } from './safe-text';

describe('text that others wrote', () => {
  it.each([
    ['a colour', 'ok \u001b[32mPAID\u001b[0m', 'ok \\u001b[32mPAID\\u001b[0m'],
    ['a move of the cursor', '\u009b2J', '\\u009b2J'],
    ['a title of the window', '\u001b]0;root\u0007', '\\u001b]0;root\\u0007'],
    ['a line of its own', 'low\nPolicy  none', 'low\\u000aPolicy  none'],
    ['an overwritten line', 'low\rhigh', 'low\\u000dhigh'],
    ['a separator of lines', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['a backspace', 'no\b\byes', 'no\\u0008\\u0008yes'],
    ['text turned round', '\u202e001 RUE\u202c', '\\u202e001 RUE\\u202c'],
    ['text that is set apart', '\u2066a\u2069\u200f\u061c', '\\u2066a\\u2069\\u200f\\u061c'],
    ['characters without width', 'ad\u200bmin\ufeff\u00ad', 'ad\\u200bmin\\ufeff\\u00ad'],
    ['words that only machines see', 'ok\u{e0068}\u{e0069}', 'ok\\ue0068\\ue0069'],
  ])('shows by code %s', (_, text, shown) => {
    expect(safeText(text)).toBe(shown);
  });

  it('stays as it is when it is only text, in any script', () => {
    const text = 'Ása, 山田 – €18,000 (“ok”) می\u200cخواهم 👩\u200d⚖️ \\u001b';
    expect(safeText(text)).toBe(text);
  });
});

describe('JSON that is shown', () => {
  it('is indented, and no text in it begins a line', () => {
    expect(shownJson({ a: ['x\ny', '\u001b[1m'] }, '  ')).toBe(
      '{\n    "a": [\n      "x\\ny",\n      "\\u001b[1m"\n    ]\n  }',
    );
  });

  it('is inert in keys too', () => {
    expect(shownJson({ '\u202ea': '\u009b' })).toBe('{\n  "\\u202ea": "\\u009b"\n}');
  });

  it('is null when there is nothing', () => {
    expect(shownJson(undefined)).toBe('null');
  });

  it('is folded when it is long, and says how much is left', () => {
    const shown = shownJson('x'.repeat(5_000));
    expect(shown).toMatch(/^"x+\n… 1002 more characters; use --json$/);
  });
});

describe('what an approver sees', () => {
  const approval: ApprovalView = {
    gate: 'run-1/review/gate-1',
    step: 'review',
    status: 'open',
    title: 'Review\nPolicy      none@9.9.9',
    groups: ['underwriters', 'seniors'],
    shown: { amount: 18_000, note: '\u001b[8mhidden' },
    policy: 'lending@1.0.0',
    dueAt: '2026-11-25T09:00:00.000Z',
    run: 'run-1',
    cause: 'review',
    requester: 'user:asha',
    shownDigest: 'ab'.repeat(32),
    editable: null,
    openedAt: null,
    closedAt: null,
    decision: null,
  };

  it('is the gate, the question, who asked, the policy, the digest and the data, word for word', () => {
    expect(approvalLines(approval)).toEqual([
      'Gate        run-1/review/gate-1  (open)',
      'Asked       Review\\u000aPolicy      none@9.9.9',
      'Run         run-1, requested by user:asha',
      'Policy      lending@1.0.0',
      'Who decides underwriters, seniors, until 2026-11-25T09:00:00.000Z',
      `Digest      sha256 ${'ab'.repeat(32)}`,
      'The steps before produced, word for word:',
      '  {',
      '    "amount": 18000,',
      '    "note": "\\u001b[8mhidden"',
      '  }',
    ]);
  });

  it('says whether the data may be edited', () => {
    const lines = approvalLines({ ...approval, editable: { type: 'object' } });
    expect(lines.slice(-4)).toEqual([
      'You may change these fields (--set field=value, or --data @file.json with all of it):',
      '  {',
      '    "type": "object"',
      '  }',
    ]);
  });

  it('says at the gate of a policy that the agent says what may be edited', () => {
    const told =
      "You may change what the agent's input schema names (--set field=value, or --data @file.json).";
    expect(approvalLines({ ...approval, cause: 'policy' }).at(-1)).toBe(told);
    const closed = approvalLines({ ...approval, cause: 'policy', status: 'decided' });
    expect(closed).not.toContain(told);
  });

  it.each([
    ['policy', 'The step would be given, word for word:'],
    ['doubt', 'What is known of the effect, word for word:'],
  ])('says what the data is when the cause is %s', (cause, line) => {
    expect(approvalLines({ ...approval, cause })).toContain(line);
  });
});
