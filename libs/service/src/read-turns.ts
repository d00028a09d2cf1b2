import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault, LIMITS } from '@fermata/contracts';
import {
  SetMetadata,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { ReadingRoom } from './reading-room';
import type { Identity } from './tokens';

const STREAMS = 'fermata:streams';
const READS = 'fermata:reads';

/** Marks a handler whose answer lasts: its room is another one. */
export const Streams = (): MethodDecorator => SetMetadata(STREAMS, true);

/** Marks a handler that reads much though its method is not GET. */
export const ReadsMuch = (): MethodDecorator => SetMetadata(READS, true);

/**
 * Lets reads of tenants in by turns. A place is held until the answer was taken in by who asked: a
 * view that nobody reads lies in memory like any other. Who takes none of it for long is cut off.
 */
export class ReadTurns implements NestInterceptor {
  constructor(private readonly room: ReadingRoom = new ReadingRoom()) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<IncomingMessage & { readonly identity?: Identity }>();
    const answer = http.getResponse<ServerResponse>();
    const handler = context.getHandler();
    const isRead =
      request.method === 'GET' ||
      request.method === 'HEAD' ||
      Reflect.getMetadata(READS, handler) === true;
    const isStream = Reflect.getMetadata(STREAMS, handler) === true;
    if (request.identity === undefined || !isRead || isStream) return next.handle();
    const leave = await this.room.enter(request.identity.tenant);
    answer.once('close', leave);
    if (answer.destroyed) {
      leave();
      throw new Fault('OVERLOADED', 'expected somebody to answer, found nobody any more', true);
    }
    // Whatever is written, the socket tells when none of it moved for this long.
    answer.once('prefinish', () => cutWhenStalled(answer));
    return next.handle();
  }
}

function cutWhenStalled(answer: ServerResponse): void {
  answer.setTimeout(LIMITS.stallMsMax, () => answer.destroy());
}
