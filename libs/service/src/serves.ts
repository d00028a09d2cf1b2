import { routeOf, SLASHED, type AnswerOf, type Route, type RouteId } from '@fermata/contracts';
import {
  applyDecorators,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { ROUTE, TokenGuard } from './token-guard';

const METHODS = {
  get: RequestMethod.GET,
  post: RequestMethod.POST,
  put: RequestMethod.PUT,
} as const;

/** What a handler may give: the route's answer, or nothing when it writes the answer itself. */
type Handler<I extends RouteId> = (...args: never[]) => AnswerOf<I> | Promise<AnswerOf<I> | void>;

/**
 * Binds a method of a controller to a route of the contracts: its method and path, the token and
 * the roles that it asks for. What the method gives must be what the route answers.
 */
export function Serves<I extends RouteId>(id: I) {
  const route = routeOf(id);
  const bind = applyDecorators(
    SetMetadata(ROUTE, route),
    RequestMapping({ method: METHODS[route.method], path: patternOf(route) }),
    ...(route.isOpen === true ? [] : [UseGuards(TokenGuard)]),
  );
  return <T extends Handler<I>>(on: object, name: string, method: TypedPropertyDescriptor<T>) => {
    bind(on, name, method);
  };
}

/** The path of a route as the platform writes it. */
function patternOf({ path }: Route): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    SLASHED.has(name) ? `*${name}` : `:${name}`,
  );
}
