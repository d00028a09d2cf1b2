import type { Definition } from '@fermata/contracts';
import { CLASS, graphOf, look, scopeOf } from '../graph/definition.fixture';
import { consult, type Policy } from './consult';

type Written = Partial<Definition['policy']>;

function policyOf(more: Written = {}): Policy {
  return graphOf({ a: look() }, { policy: more }).rules;
}

function withEffects(effect: Definition['policy']['classes']['effect']): Policy {
  return policyOf({ classes: { reasoning: CLASS, read: CLASS, effect } });
}

const PAYS = { risk: 'effect', scope: scopeOf({}, []), input: { amount: 7 } } as const;
const RUN = { run: 'run-1', requester: 'user:asha' };
const ASKED = { groups: ['risk'] };

describe('what a policy answers', () => {
  it('names the policy with its version and digest', () => {
    const { version } = consult(policyOf(), 'approvers', { cause: 'doubt' });
    expect(version).toEqual({
      name: 'plain',
      version: '1.0.0',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const other = consult(policyOf({ description: 'other' }), 'approvers', { cause: 'doubt' });
    expect(other.version.digest).not.toBe(version.digest);
  });

  it.each([
    ['classes.effect.gate', true, 'always' as const],
    ['classes.effect.gate', false, 'never' as const],
    ['classes.effect.gate.when', true, { when: 'input.amount > 6' }],
    ['classes.effect.gate.when', false, { when: 'input.amount > 7' }],
  ])('names the rule of a class that holds a step or lets it go: %s, %s', (rule, value, gate) => {
    expect(consult(withEffects({ ...CLASS, gate }), 'gate', PAYS)).toMatchObject({
      outcome: { ok: true, value },
      rule,
    });
  });

  it('says that it is by default where the policy says nothing', () => {
    expect(consult(policyOf(), 'gate', PAYS)).toMatchObject({
      outcome: { ok: true, value: false },
      rule: 'default.classes.effect.gate',
    });
    expect(consult(policyOf(), 'approvers', { cause: 'policy' }).rule).toBe('default.approvers');
    const approvers = { groups: ['risk'], due: '3h', onDue: 'reject' as const };
    const named = consult(policyOf({ approvers }), 'approvers', { cause: 'policy' });
    expect(named).toMatchObject({ outcome: { groups: ['risk'] }, rule: 'approvers' });
  });

  it('tells whether the class or the step itself bounds the tries', () => {
    const asked = { risk: 'read', id: 'look', step: {} } as const;
    expect(consult(policyOf(), 'attempts', asked)).toMatchObject({
      outcome: { attemptsMax: 3 },
      rule: 'classes.read.attemptsMax',
    });
    const own = { ...asked, step: { retry: { attemptsMax: 1 } } };
    expect(consult(policyOf(), 'attempts', own)).toMatchObject({
      outcome: { attemptsMax: 1 },
      rule: 'steps.look.retry.attemptsMax',
    });
  });

  it.each([
    ['the requester, in whatever letters', 'user:Asha', ['risk'], 'SELF_APPROVAL'],
    ['who is in no group that was asked', 'user:ben', ['sales'], 'NOT_AN_APPROVER'],
    ['a member of a group that was asked', 'user:ben', ['sales', 'risk'], null],
  ])('lets four eyes decide: %s', (_, approver, groups, code) => {
    const asked = { approver, groups, gate: ASKED, run: RUN };
    const { outcome, rule } = consult(policyOf(), 'decide', asked);
    expect([outcome?.[0] ?? null, rule]).toEqual([code, 'fixed.four-eyes']);
  });

  it('never lets silence approve: others are asked, or the run is refused', () => {
    const escalate = { groups: ['board'], due: '2h', then: 'reject' as const };
    expect(consult(policyOf(), 'silence', { onDue: 'reject' })).toMatchObject({
      outcome: { then: 'expire' },
      rule: 'fixed.silence',
    });
    expect(consult(policyOf(), 'silence', { onDue: { escalate } })).toMatchObject({
      outcome: { then: 'escalate', groups: ['board'], dueMs: 7_200_000 },
      rule: 'fixed.silence',
    });
  });
});
