import { Fault, type AnswerOf } from '@fermata/contracts';
import { savedPlace } from '@fermata/read-model';
import { Serves } from '@fermata/service';
import { Controller, Inject } from '@nestjs/common';
import { EDGE, type Edge } from './edge';
import { openApiDocument } from './openapi';

/** Records that the read model may lag behind the log before the service calls itself not ready. */
const LAG_MAX = 100_000;
/** Anybody may ask for readiness, as often as they like: the database is asked once a second. */
const LOOK_EVERY_MS = 1_000;
const NEVER = { lookedAt: 0, lag: Promise.resolve(0) };

/** What anyone may ask: is it alive, is it ready, what can it do. */
@Controller()
export class AboutController {
  private readonly document = { ...openApiDocument() };

  private looked = NEVER;

  constructor(@Inject(EDGE) private readonly edge: Edge) {}

  @Serves('readOpenApi')
  openApi() {
    return this.document;
  }

  @Serves('isAlive')
  live() {
    return { status: 'ok' as const };
  }

  @Serves('isReady')
  async ready(): Promise<AnswerOf<'isReady'>> {
    if (Date.now() - this.looked.lookedAt >= LOOK_EVERY_MS) {
      const now = { lookedAt: Date.now(), lag: this.lag() };
      this.looked = now;
      // A look that failed is told to those who waited for it, and then made anew.
      now.lag.catch(() => (this.looked = NEVER));
    }
    return this.answer(await this.looked.lag);
  }

  private answer(lag: number): AnswerOf<'isReady'> {
    if (lag <= LAG_MAX) return { status: 'ok', projectionLag: lag };
    const found = `expected the read model at most ${LAG_MAX} records behind, found ${lag}`;
    throw new Fault('OVERLOADED', `${found}; look at the audit-projector`, true);
  }

  private async lag(): Promise<number> {
    const { log, source } = this.edge;
    let lag = 0;
    for (let partition = 0; partition < log.partitions; partition++) {
      const place = await savedPlace(source, partition);
      lag += (await log.end('log', partition)) - ((place?.offset ?? -1) + 1);
    }
    return lag;
  }
}
