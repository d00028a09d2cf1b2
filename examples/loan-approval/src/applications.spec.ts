import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@fermata/contracts';
import type { Graph, Scope } from '@fermata/core';
import { loadProject } from '@fermata/sdk';
import { checkEligibility } from '../agents/check-eligibility.ts';
import { parseDocuments } from '../agents/parse-documents.ts';
import { scoreRisk } from '../agents/score-risk.ts';
import { sendOffer } from '../agents/send-offer.ts';
import records from '../credit-bureau/records.json';
import { contextOf } from './agent-context.fixture';

const EXAMPLE = join(__dirname, '..');
const BUREAU = { CREDIT_BUREAU_URL: 'https://bureau.example.com' };

/** Who performs each capability; the bureau's records are read without its service. */
const AGENTS: Readonly<Record<string, (input: never) => Promise<unknown>>> = {
  parse_documents: (input) => parseDocuments(input, contextOf('1')),
  check_eligibility: (input) => checkEligibility(input, contextOf('2')),
  fetch_credit_record: async ({ nationalId }: { nationalId: keyof typeof records }) => ({
    nationalId,
    ...records[nationalId],
  }),
  score_risk: (input) => scoreRisk(input, contextOf('3')),
  send_offer: (input) => sendOffer(input, contextOf('4')),
};

const graph = graphOfExample();
let offers: string;
beforeEach(() => {
  offers = mkdtempSync(join(tmpdir(), 'loan-offers-'));
  process.env['LOAN_OFFERS_DIR'] = offers;
});
afterEach(() => {
  delete process.env['LOAN_OFFERS_DIR'];
  rmSync(offers, { recursive: true, force: true });
});

function graphOfExample(): Graph {
  const { workflows, problems } = loadProject(EXAMPLE, BUREAU);
  const [workflow] = workflows;
  if (workflow === undefined) throw new Error(JSON.stringify(problems));
  return workflow.graph;
}

function inputOf(applicant: string): Json {
  return JSON.parse(
    readFileSync(join(EXAMPLE, 'applications', applicant, 'application.json'), 'utf8'),
  );
}

interface Ended {
  readonly result: Json;
  readonly outputs: Readonly<Record<string, Json>>;
}

/**
 * Performs the workflow's steps in their order, each with the input and under the contracts that
 * the definition gives it; at a gate a person approves what is shown.
 */
async function perform(applicant: string): Promise<Ended> {
  const input = inputOf(applicant);
  const outputs = new Map<number, Json>();
  const scope: Scope = {
    run: { id: 'run-1', tenant: 'acme', requester: 'user:asha', input },
    step: (index) => ({
      status: outputs.has(index) ? 'completed' : 'skipped',
      output: outputs.get(index),
    }),
  };
  expect(graph.checkInput(input)).toBeNull();
  for (const step of graph.steps) {
    if (!valueOf(step.when(scope))) continue;
    const { work } = step;
    if (work.kind === 'gate') {
      const data = valueOf(work.show(scope));
      outputs.set(step.index, { decision: 'approve', data, approver: 'user:ravi', reason: null });
      continue;
    }
    if (work.kind !== 'agent') throw new Error(`expected no ${work.kind} in this example`);
    const given = valueOf(work.input(scope));
    expect([step.id, work.checkInput(given)]).toEqual([step.id, null]);
    const output = (await AGENTS[work.capability]?.(given as never)) as Json;
    expect([step.id, work.checkOutput(output)]).toEqual([step.id, null]);
    outputs.set(step.index, output);
  }
  const named = [...outputs].map(([index, output]) => [graph.steps[index]?.id ?? '', output]);
  return { result: valueOf(graph.output(scope)), outputs: Object.fromEntries(named) };
}

function valueOf<T>(found: { ok: true; value: T } | { ok: false; message: string }): T {
  if (!found.ok) throw new Error(found.message);
  return found.value;
}

describe('the definition of the example', () => {
  it('is valid, with six steps and the checkpoints c1 to c4', () => {
    expect(loadProject(EXAMPLE, BUREAU).problems).toEqual([]);
    expect(graph.steps.map(({ id }) => id)).toEqual([
      'parse_documents',
      'check_eligibility',
      'fetch_credit_record',
      'score_risk',
      'human_review',
      'send_offer',
    ]);
    expect(graph.checkpoints.map(({ label }) => label)).toEqual(['c1', 'c2', 'c3', 'c4']);
  });

  it('needs to know where the credit bureau is', () => {
    expect(loadProject(EXAMPLE, {}).problems).toMatchObject([
      { file: 'agents.yaml', code: 'CONFIG_INVALID' },
    ]);
  });
});

describe('an application that is good', () => {
  it.each([
    ['asha-good', 93, { amount: 15_000, ratePercent: 5.32, termMonths: 48 }],
    ['bruno-good', 90, { amount: 22_500, ratePercent: 5.5, termMonths: 60 }],
  ])('is offered what it asks for, and no person is asked: %s', async (applicant, score, terms) => {
    const { result, outputs } = await perform(applicant);
    expect(result).toMatchObject({ decision: 'offered', score, offer: terms });
    expect(outputs['check_eligibility']).toMatchObject({ eligible: true });
    expect(outputs['score_risk']).toMatchObject({ band: 'approve' });
    expect(outputs['human_review']).toBeUndefined();
  });
});

describe('an application on the border', () => {
  it('is referred to a person, who sees a lower amount at a higher rate', async () => {
    const { result, outputs } = await perform('carla-borderline');
    expect(outputs['score_risk']).toMatchObject({ band: 'refer', score: 47 });
    expect(outputs['human_review']).toMatchObject({
      data: {
        applicant: 'Carla Mendez',
        requested: 18_000,
        amount: 15_000,
        ratePercent: 8.08,
        termMonths: 60,
        score: 47,
      },
    });
    const offer = { amount: 15_000, ratePercent: 8.08, sentTo: 'carla.mendez@example.com' };
    expect(result).toMatchObject({ decision: 'offered', offer });
  });

  it('has reasons that add up to its score', async () => {
    const { outputs } = await perform('carla-borderline');
    const { reasons, score } = outputs['score_risk'] as { reasons: string[]; score: number };
    const points = reasons.map((reason) => Number(/^[A-Z]\w+ (\d+): /.exec(reason)?.[1]));
    expect(points.reduce((sum, one) => sum + one, 0)).toBe(score);
  });
});

describe('an application that must be refused', () => {
  it('is declined with the rules that it does not meet, and no letter is written', async () => {
    const { result, outputs } = await perform('dmitri-refused');
    expect(result).toMatchObject({ decision: 'declined', offer: null });
    const { checks } = outputs['check_eligibility'] as { checks: { rule: string; met: boolean }[] };
    expect(checks.filter(({ met }) => !met).map(({ rule }) => rule)).toEqual([
      'employment',
      'salary',
      'amount',
      'affordability',
    ]);
    expect(result).toMatchObject({
      reasons: expect.arrayContaining(['Rule not met: employed for at least 6 months']),
    });
    expect(outputs['send_offer']).toBeUndefined();
    expect(readdirSync(offers)).toEqual([]);
  });
});

describe('an application whose pay slip broke off', () => {
  it('is refused as unreadable, once and for all, and the document is named', async () => {
    await expect(perform('elena-broken')).rejects.toMatchObject({
      code: 'DOCUMENT_UNREADABLE',
      retryable: false,
      message: expect.stringMatching(/^expected a PDF document in salary-slip\.pdf, found /),
    });
  });
});
