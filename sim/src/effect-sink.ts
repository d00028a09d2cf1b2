import type { EventOf } from '@fermata/contracts';
import type { AcceptedRecord } from './oracle';
import type { Violations } from './violations';

/** A call that an agent made to the world outside. */
export interface EffectCall {
  readonly tenant: string;
  readonly run: string;
  readonly step: string;
  readonly attempt: number;
  readonly key: string;
  readonly runner: string;
  /** Whether the tool takes part: the same key twice is one effect. */
  readonly isIdempotent: boolean;
}

/** The world outside: counts what was done to it, and checks that it was granted. */
export class EffectSink {
  private readonly intents = new Map<string, EventOf<'EffectIntended'>>();
  private readonly called = new Set<string>();
  /** How often each key may be used by a tool that can't be asked twice. */
  private readonly allowed = new Map<string, number>();
  private readonly uses = new Map<string, number>();
  private readonly keys = new Map<string, string>();
  calls = 0;

  constructor(private readonly violations: Violations) {}

  /** Hears what the log says. */
  landed(records: readonly AcceptedRecord[]): void {
    for (const { event } of records) {
      if (event.type === 'EffectIntended') {
        const { step, attempt } = event.data;
        this.intents.set(`${event.tenant}/${event.run}/${step}/${attempt}`, event);
      } else if (event.type === 'GateDecided' && event.data.decision === 'retry') {
        const step = `${event.tenant}/${event.run}/${event.data.step}`;
        this.allowed.set(step, (this.allowed.get(step) ?? 1) + 1);
      }
    }
  }

  /** An agent acts. */
  call(call: EffectCall): void {
    const { violations } = this;
    this.calls += 1;
    const step = `${call.tenant}/${call.run}/${call.step}`;
    const attempt = `${step}/${call.attempt}`;
    const intent = this.intents.get(attempt);
    const found = (): string =>
      `${call.runner} called for ${attempt}; granted to ${intent?.data.runner}`;
    violations.check(intent?.data.runner === call.runner, 'no effect without its intent', found);
    violations.check(intent?.data.key === call.key, 'an effect uses the key of its intent', found);
    violations.check(!this.called.has(attempt), 'one call for each intent', found);
    this.called.add(attempt);
    const key = this.keys.get(step) ?? call.key;
    this.keys.set(step, key);
    violations.check(key === call.key, 'all attempts of a step use the same key', found);
    const uses = (this.uses.get(step) ?? 0) + 1;
    this.uses.set(step, uses);
    const mayRepeat = call.isIdempotent || uses <= (this.allowed.get(step) ?? 1);
    violations.check(mayRepeat, 'an effect is never blindly repeated', found);
  }
}
