import { CEILINGS, whyAbove, type Ceilings } from './ceilings';
import { definition } from './definition';

const CLASS = {
  attemptsMax: 1,
  backoff: { initial: '1s', factor: 1, max: '1s' },
  timeout: '30s',
  lease: '10s',
};
const classes = { reasoning: CLASS, read: CLASS, effect: CLASS };

function flow(said: { timeout?: string; step?: string; lease?: string; concurrencyMax?: number }) {
  const agent = { name: 'any', version: '1.0.0', kind: 'function' };
  return definition.parse({
    workflow: {
      name: 'flow',
      version: '1.0.0',
      policy: 'plain@1.0.0',
      timeout: said.timeout,
      steps: { a: { capability: 'look', timeout: said.step } },
    },
    policy: {
      name: 'plain',
      version: '1.0.0',
      classes: { ...classes, read: { ...CLASS, lease: said.lease ?? '10s' } },
    },
    agents: [
      {
        ...agent,
        concurrencyMax: said.concurrencyMax,
        capabilities: { look: { module: './look.ts', risk: 'read' } },
      },
    ],
  });
}

describe('the ceilings of an operator', () => {
  it.each([
    [{ timeout: '3650d' }, /workflow\.timeout: .* found 3650d; .* FERMATA_RUN_TIMEOUT_MAX/],
    [{ step: '25h' }, /steps\.a\.timeout: .* found 25h; .* FERMATA_ATTEMPT_TIMEOUT_MAX/],
    [{ lease: '90d' }, /classes\.read\.lease: .* found 90d; .* FERMATA_LEASE_MAX/],
    [{ concurrencyMax: 10_000 }, /agents\.any\..* 10000; .* FERMATA_AGENT_CONCURRENCY_MAX/],
  ])('refuse %j, and name the place, the most and the setting', (said, message) => {
    expect(whyAbove(flow(said), CEILINGS)).toMatch(message);
  });

  it('let pass what reaches them', () => {
    const lower: Ceilings = { ...CEILINGS, attemptTimeoutMsMax: 30_000, leaseMsMax: 10_000 };
    expect(whyAbove(flow({}), lower)).toBeNull();
    expect(whyAbove(flow({}), { ...lower, attemptTimeoutMsMax: 29_999 })).toMatch(/30s/);
  });
});
