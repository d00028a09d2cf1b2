import { Fault } from '@fermata/contracts';
import {
  createParamDecorator,
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { Identity, TokenDirectory } from './tokens';

/** Injection token of the directory that knows the bearer tokens. */
export const TOKENS = Symbol('TOKENS');

interface Identified extends IncomingMessage {
  identity?: Identity;
}

/** Lets in who brings a known token, and remembers who it is. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(@Inject(TOKENS) private readonly tokens: TokenDirectory) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Identified>();
    request.identity = this.tokens.identify(request.headers.authorization);
    return true;
  }
}

/** The tenant whose token a request brought; null on a route without a guard. */
export function tenantOf(request: Identified): string | null {
  return request.identity?.tenant ?? null;
}

/** The caller of a guarded route. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Identity => {
  const { identity } = context.switchToHttp().getRequest<Identified>();
  if (identity !== undefined) return identity;
  throw new Fault('TOKEN_INVALID', 'expected a guarded route, found one without a guard');
});

/** Refuses a caller without a role. */
export function requireRole(caller: Identity, role: Identity['roles'][number]): void {
  if (caller.roles.includes(role)) return;
  const found = `expected a caller with the role ${role}, found ${caller.principal}`;
  const has = caller.roles.join(', ') || 'none';
  throw new Fault('PERMISSION_DENIED', `${found} with ${has}; ask your operator for the role`);
}
