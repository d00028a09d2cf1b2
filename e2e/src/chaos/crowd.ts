import { Client } from '@fermata/cli';
import type { CallOf, Command, EventOf } from '@fermata/contracts';
import { sleep } from '../standalone-process';
import type { House } from './house';
import type { Ledger } from './ledger';
import type { EffectSink } from './sink';

/** Workflows of the chaos project: reads, effects of both kinds, a person, branches and retries. */
export const KINDS = ['reads', 'keyed', 'unkeyed', 'gated', 'branches'] as const;

const PAUSE_MS = 100;
const PERSON = { approver: 'user:underwriter', groups: ['operators'] };

/** Clients that start runs, and the person who decides what waits for one. */
export class Crowd {
  /** Every run that was asked for, by `tenant/run`. */
  readonly runs = new Set<string>();
  private readonly deciding: Promise<void>[] = [];

  constructor(
    private readonly house: House,
    private readonly ledger: Ledger,
    private readonly sink: EffectSink,
  ) {
    house.listen(({ entries }) => {
      for (const { event } of entries) {
        if (event.type === 'GateOpened') this.deciding.push(this.decide(event));
      }
    });
  }

  /** Starts so many runs of each kind, of two tenants under the same names. */
  async start(name: string, count: number, kinds: readonly string[] = KINDS): Promise<string[]> {
    const wanted = Array.from({ length: count }, (_, number) => number).flatMap((number) =>
      kinds.map((kind) => ({ run: `${name}-${kind}-${number}`, kind })),
    );
    const asked = wanted.flatMap(({ run, kind }, at) =>
      (at % 4 === 0 ? ['local', 'other'] : ['local']).map((tenant) => ({ tenant, run, kind })),
    );
    await Promise.all(asked.map(({ tenant, run, kind }) => this.startRun(tenant, run, kind)));
    return asked.map(({ tenant, run }) => `${tenant}/${run}`);
  }

  /** Waits until every run has ended, and every decision was answered. */
  async untilOver(withinMs?: number): Promise<void> {
    await this.house.untilEnded(this.runs, withinMs);
    await Promise.all(this.deciding);
  }

  private async startRun(tenant: string, run: string, kind: string): Promise<void> {
    this.runs.add(`${tenant}/${run}`);
    const hash = this.house.hashes.get(kind);
    const workflow = { name: kind, version: '1.0.0', hash };
    const id = `start-${tenant}-${run}`;
    await this.send({ id, tenant, run, type: 'StartRun', data: { workflow, input: {} } });
  }

  /** Approves; of an effect in doubt the person looks in the sink whether it happened. */
  private async decide(event: EventOf<'GateOpened'>): Promise<void> {
    const { gate, effect } = event.data;
    const happened = effect === null || this.sink.has(effect.key);
    const answer = happened
      ? { decision: 'approve' as const, ...(effect === null ? {} : { data: { key: effect.key } }) }
      : { decision: 'retry' as const };
    const hasInbox = this.house.running('approval-service').length > 0;
    if (event.tenant === 'local' && hasInbox) await this.decideOverHttp(gate, answer);
    else {
      const { tenant, run } = event;
      const data = { gate, ...PERSON, ...answer };
      const id = `decide-${tenant}-${gate}`;
      await this.send({ id, tenant: tenant ?? '', run, type: 'DecideGate', data });
    }
  }

  /** Asks whoever serves the inbox by now, until somebody answers. */
  private async decideOverHttp(gate: string, answer: CallOf<'decideGate'>['body']): Promise<void> {
    for (;;) {
      const port = this.house.running('approval-service')[0]?.port;
      const url = `http://127.0.0.1:${port}`;
      const client = new Client({ url, token: this.house.keys.approver });
      try {
        await client.ask('decideGate', { path: { gate }, body: answer });
        return this.ledger.acknowledge(gate);
      } catch (error) {
        // The read model may not know the gate yet; a decision that was heard is not taken twice.
        if (isProblem(error) && error.status === 409) return;
        await sleep(PAUSE_MS);
      }
    }
  }

  private async send(request: Pick<Command, 'id' | 'tenant' | 'run' | 'type'> & { data: unknown }) {
    const said = { source: 'crowd', time: Date.now(), actor: 'user:crowd' };
    await this.ledger.send({ ...said, correlationId: request.run, ...request } as Command);
  }
}

function isProblem(error: unknown): error is Error & { readonly status: number } {
  return error instanceof Error && error.name === 'ApiProblem' && 'status' in error;
}
