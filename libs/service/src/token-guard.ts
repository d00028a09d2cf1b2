import { Fault, type Role, type Route } from '@fermata/contracts';
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

/** Key under which a handler's route is found. */
export const ROUTE = Symbol('ROUTE');

interface Identified extends IncomingMessage {
  identity?: Identity;
}

/** Lets in who brings a known token and has a role of the route; remembers who it is. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(@Inject(TOKENS) private readonly tokens: TokenDirectory) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Identified>();
    const caller = this.tokens.identify(request.headers.authorization);
    request.identity = caller;
    const { roles } = Reflect.getMetadata(ROUTE, context.getHandler()) as Route;
    if (roles !== undefined) requireRole(caller, roles);
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

/** Refuses a caller who has none of these roles. */
function requireRole(caller: Identity, [role, ...others]: readonly Role[]): void {
  if (role === undefined || [role, ...others].some((one) => caller.roles.includes(one))) return;
  const found = `expected a caller with the role ${role}, found ${caller.principal}`;
  const has = caller.roles.join(', ') || 'none';
  throw new Fault('PERMISSION_DENIED', `${found} with ${has}; ask your operator for the role`);
}
