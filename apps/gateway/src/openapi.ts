import { problem, ROUTES, type AnswerShape, type Route } from '@fermata/contracts';
import { z } from 'zod';

const HEADERS = {
  'Idempotency-Key': 'The same key for the same request: it is carried out once',
  'Last-Event-ID': 'The id of the last event that you saw; only what came after it is sent',
} as const;

/** Parameters of paths whose form is not that of any name. */
const PARAMETERS: Readonly<Record<string, string>> = {
  gate: 'The id of a gate, as it stands or with %2F for each slash',
};

/** The OpenAPI document of the HTTP edge, from the routes of the contracts. */
export function openApiDocument(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of ROUTES) {
    const at = (paths[route.path] ??= {});
    at[route.method] = describe(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Fermata', version: '0.1.0' },
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: schemaOf(problem, 'output') },
    },
  };
}

function describe(route: Route): object {
  const { id, summary, body, answers, roles, isOpen = false } = route;
  const responses = Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)]),
  );
  return {
    operationId: id,
    summary,
    ...(roles === undefined
      ? {}
      : { description: `Needs a caller with the role ${roles.join(' or ')}` }),
    ...(isOpen ? { security: [] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route), ...headersOf(route)],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': contentOf(body, 'input') },
          },
        }),
    responses: {
      ...responses,
      default: {
        description: 'A problem document',
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    },
  };
}

function responseOf({ description, view, media }: AnswerShape): object {
  if (view === undefined && media === undefined) return { description };
  const content = {
    ...(view === undefined ? {} : { 'application/json': contentOf(view, 'output') }),
    ...(media === undefined ? {} : { [media]: { schema: { type: 'string' } } }),
  };
  return { description, content };
}

function pathParameters({ path }: Route): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    ...(PARAMETERS[name] === undefined ? {} : { description: PARAMETERS[name] }),
    schema: { type: 'string', minLength: 1 },
  }));
}

function queryParameters({ query }: Route): object[] {
  return Object.entries<z.ZodType>(query?.shape ?? {}).map(([name, schema]) => {
    const { description, ...rest } = schemaOf(schema, 'output');
    return {
      name,
      in: 'query',
      required: false,
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function headersOf({ headers = [] }: Route): object[] {
  return headers.map((name) => ({
    name,
    in: 'header',
    required: false,
    description: HEADERS[name],
    schema: { type: 'string' },
  }));
}

function contentOf(schema: z.ZodType, io: 'input' | 'output'): object {
  return { schema: schemaOf(schema, io) };
}

function schemaOf(schema: z.core.$ZodType, io: 'input' | 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { unrepresentable: 'any', io });
  return rest;
}
