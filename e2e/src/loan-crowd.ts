import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isEndStatus } from '@fermata/contracts';
import type { Client, RunDetailView } from '@fermata/cli';
import { sleep, type StandaloneProcess } from './standalone-process';

const APPLICATIONS = join(__dirname, '../../examples/loan-approval/applications');

/** What each applicant's run must come to, however often the services die on the way. */
export const ENDS = {
  'asha-good': 'offered',
  'bruno-good': 'offered',
  'carla-borderline': 'offered',
  'dmitri-refused': 'declined',
  'elena-broken': 'DOCUMENT_UNREADABLE',
} as const;

/** A run that was asked for, by its key. */
export interface Asked {
  readonly run: string;
  readonly end: (typeof ENDS)[keyof typeof ENDS];
}

/** Many loan runs at once, each asked for and decided until the services have answered. */
export class LoanCrowd {
  readonly asked: Asked[] = [];
  readonly ended = new Map<string, RunDetailView>();
  private readonly settled = new Set<string>();

  constructor(private readonly services: StandaloneProcess) {}

  /** Whether every run has ended. */
  isOver(count: number): boolean {
    return this.asked.length === count && this.ended.size === count;
  }

  /** Starts the runs, each under a key of its own: asking again starts no second one. */
  async startAll(count: number): Promise<void> {
    const names = Object.keys(ENDS) as (keyof typeof ENDS)[];
    const one = async (index: number): Promise<void> => {
      const name = names[index % names.length] ?? 'asha-good';
      const path = join(APPLICATIONS, name, 'application.json');
      const body = {
        workflow: 'loan-approval',
        input: JSON.parse(readFileSync(path, 'utf8')) as unknown,
      };
      const headers = { 'Idempotency-Key': `crowd-${index}` };
      const { run } = await this.untilAnswered('requester', (client) =>
        client.ask('startRun', { body, headers }),
      );
      this.asked.push({ run, end: ENDS[name] });
    };
    await Promise.all(Array.from({ length: count }, (_, index) => one(index)));
  }

  /** Decides what waits and looks at what has not ended, until all have. */
  async watch(count: number): Promise<void> {
    while (!this.isOver(count)) {
      await this.decideAll();
      for (const { run } of this.asked.filter((one) => !this.ended.has(one.run))) {
        const detail = await this.untilAnswered('requester', (client) =>
          client.ask('readRun', { path: { run } }),
        );
        if (isEndStatus(detail.status)) this.ended.set(run, detail);
      }
      await sleep(50);
    }
  }

  private async decideAll(): Promise<void> {
    const { approvals } = await this.untilAnswered('approver', (client) =>
      client.ask('listApprovals', {}),
    );
    for (const { gate } of approvals.filter((one) => !this.settled.has(one.gate))) {
      const call = { path: { gate }, body: { decision: 'approve' as const } };
      await this.untilAnswered('approver', (client) => client.ask('decideGate', call));
      this.settled.add(gate);
    }
  }

  /** Asks until somebody answers: services that are down, or die while asked, are asked again. */
  async untilAnswered<T>(
    hand: 'requester' | 'approver',
    ask: (client: Client) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      try {
        return await ask(this.services.client(hand));
      } catch (error) {
        if (error instanceof Error && error.name === 'ApiProblem' && !isLater(error)) throw error;
        await sleep(50);
      }
    }
  }
}

function isLater(problem: Error): boolean {
  return 'status' in problem && Number(problem.status) >= 500;
}
