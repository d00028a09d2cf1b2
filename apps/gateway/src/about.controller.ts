import { Fault } from '@fermata/contracts';
import { savedPlace } from '@fermata/read-model';
import { Controller, Get, Inject } from '@nestjs/common';
import { EDGE, type Edge } from './edge';
import { openApiDocument } from './openapi';

/** Records that the read model may lag behind the log before the service calls itself not ready. */
const LAG_MAX = 100_000;

/** What anyone may ask: is it alive, is it ready, what can it do. */
@Controller()
export class AboutController {
  private readonly document = openApiDocument();

  constructor(@Inject(EDGE) private readonly edge: Edge) {}

  @Get('openapi.json')
  openApi(): object {
    return this.document;
  }

  @Get('health/live')
  live(): object {
    return { status: 'ok' };
  }

  @Get('health/ready')
  async ready(): Promise<object> {
    const { log, source } = this.edge;
    let lag = 0;
    for (let partition = 0; partition < log.partitions; partition++) {
      const place = await savedPlace(source, partition);
      lag += (await log.end('log', partition)) - ((place?.offset ?? -1) + 1);
    }
    if (lag <= LAG_MAX) return { status: 'ok', projectionLag: lag };
    const found = `expected the read model at most ${LAG_MAX} records behind, found ${lag}`;
    throw new Fault('OVERLOADED', `${found}; look at the audit-projector`, true);
  }
}
