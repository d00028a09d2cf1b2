import { TOKENS, TokenGuard, type TokenDirectory } from '@fermata/service';
import { Module, type DynamicModule } from '@nestjs/common';
import { AboutController } from './about.controller';
import { DeadLettersController } from './dead-letters.controller';
import { EDGE, type Edge } from './edge';
import { PoliciesController } from './policies.controller';
import { RunReadsController } from './run-reads.controller';
import { RunsController } from './runs.controller';
import { WorkflowsController } from './workflows.controller';

/** The HTTP edge: commands in, reads out, live updates. */
@Module({})
export class GatewayModule {
  static register(edge: Edge, tokens: TokenDirectory): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [
        RunsController,
        RunReadsController,
        WorkflowsController,
        PoliciesController,
        DeadLettersController,
        AboutController,
      ],
      providers: [
        { provide: EDGE, useValue: edge },
        { provide: TOKENS, useValue: tokens },
        TokenGuard,
      ],
    };
  }
}
