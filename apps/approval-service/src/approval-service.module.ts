import { TOKENS, TokenGuard, type TokenDirectory } from '@fermata/service';
import { Module, type DynamicModule } from '@nestjs/common';
import { ApprovalsController, INBOX, type Inbox } from './approvals.controller';

/** The inbox of the people whom gates ask. */
@Module({})
export class ApprovalServiceModule {
  static register(inbox: Inbox, tokens: TokenDirectory): DynamicModule {
    return {
      module: ApprovalServiceModule,
      controllers: [ApprovalsController],
      providers: [
        { provide: INBOX, useValue: inbox },
        { provide: TOKENS, useValue: tokens },
        TokenGuard,
      ],
    };
  }
}
