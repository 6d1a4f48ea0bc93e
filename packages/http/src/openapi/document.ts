import type { QueueDefinition } from '@sluice/queue';
import type { RouteOptions } from 'fastify';
import { z } from 'zod';
import { knownProblems } from '../problems/problem-of.ts';
import { anyPayload } from '../requests/put-request.ts';
import { anyFlow, flowSchema } from './flow-schema.ts';
import { type ProblemRoute, problemsOf } from './route-problems.ts';
import type { RequestHeader, RouteDoc } from './route-doc.ts';

type Json = Record<string, unknown>;

/** A route as it was added. */
export type AddedRoute = Pick<RouteOptions, 'method' | 'url' | 'config'>;

export interface DocumentOptions {
  readonly queues: readonly QueueDefinition[];
  /** Where the API is mounted. */
  readonly prefix: string;
}

const HEADERS: Readonly<Record<RequestHeader, string>> = {
  'Idempotency-Key': 'names the put: the same one again adds nothing',
  Prefer: 'wait=N: how many seconds to wait for capacity',
};

/** The OpenAPI document of these routes, each of which says what it takes. */
export function openApiDocument(routes: readonly AddedRoute[], { queues, prefix }: DocumentOptions): Json {
  const paths: Record<string, Json> = {};
  for (const { url, method, config } of routes) {
    const doc = config?.sluice?.doc;
    if (!doc) continue;
    const path = url
      .slice(prefix.length)
      .replaceAll(/:(\w+)/g, '{$1}')
      .replace('*', '{file}');
    for (const each of [method].flat())
      if (each !== 'HEAD') (paths[path] ??= {})[each.toLowerCase()] = operation(path, each, { doc, config });
  }
  return {
    openapi: '3.1.1',
    info: { title: 'Sluice', version: '1', description: 'Bounded job queues on Redis. See docs/http-api.md.' },
    servers: [{ url: prefix === '' ? '/' : prefix }],
    security: [{}, { apiKey: [] }],
    paths,
    components: {
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: PROBLEM, Flow: inputSchema(flowSchema), Payload: { anyOf: queues.flatMap(payloadsOf) } },
    },
  };
}

function operation(
  path: string,
  method: string,
  { doc, config }: { doc: RouteDoc } & Pick<AddedRoute, 'config'>,
): Json {
  const { verb } = config?.sluice ?? {};
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/\{|\}/g, '').replaceAll(/[^A-Za-z0-9]+(.)/g, (_, next: string) => next.toUpperCase())}`,
    summary: doc.summary,
    ...(verb && { description: `Needs an API key that may ${verb}, where API keys are asked for.` }),
    parameters: [
      ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...queryParameters(doc),
      ...(doc.headers ?? []).map((name) => ({
        name,
        in: 'header',
        description: HEADERS[name],
        schema: { type: 'string' },
      })),
    ],
    ...(doc.body && { requestBody: { required: !doc.body.safeParse(undefined).success, content: bodyOf(doc) } }),
    responses: { ...responsesOf(doc), ...problemResponses({ url: path.replaceAll(/\{(\w+)\}/g, ':$1'), config }) },
  };
}

function bodyOf({ body, lines }: RouteDoc): Json {
  return {
    ...(body && { 'application/json': { schema: inputSchema(body) } }),
    ...(lines && { 'application/x-ndjson': { schema: inputSchema(lines) } }),
  };
}

function queryParameters({ query }: RouteDoc): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = inputSchema(query) as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function responsesOf({ statuses = [200], answer, media = 'application/json' }: RouteDoc): Json {
  const schema = answer ? open(withoutDialect(answerSchema(answer))) : {};
  const content = { [media]: { schema } };
  return {
    ...Object.fromEntries(
      statuses.map((status) => [status, { description: 'done', ...(status !== 204 && { content }) }]),
    ),
    default: {
      description: 'a problem',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  };
}

/** As strict as a test is with answers: with no field that is not described. */
export function answerSchema(answer: z.ZodType): Json {
  return z.toJSONSchema(answer, { io: 'output', unrepresentable: 'any' });
}

/** A later version may say more: a client must not refuse what it does not know. */
function open(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema), (_, value: unknown) => {
    if (!isRecord(value) || value['additionalProperties'] !== false) return value;
    const { additionalProperties: _closed, ...rest } = value;
    return rest;
  }) as Json;
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The problems of our own that a route may answer with, by their statuses. */
function problemResponses(route: ProblemRoute): Json {
  const statuses = new Map(knownProblems().map(({ code, status }) => [code, status]));
  const codes = problemsOf(route).filter((code) => code !== 'SLUICE_CLIENT_GONE'); // nobody reads it
  const byStatus = Map.groupBy(codes, (code) => statuses.get(code) ?? 500);
  return Object.fromEntries(
    [...byStatus].map(([status, those]) => [
      status,
      {
        description: those.join(', '),
        content: {
          'application/problem+json': {
            schema: {
              allOf: [{ $ref: '#/components/schemas/Problem' }],
              properties: { status: { const: status }, code: { enum: those } },
            },
          },
        },
      },
    ]),
  );
}

/** What a client sends: before defaults and transformations. */
function inputSchema(schema: z.ZodType): Json {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      // From a query: text that becomes a number.
      if (def.type === 'number' && 'coerce' in def && def.coerce) jsonSchema.type = 'number';
      if ((zodSchema as unknown) === anyPayload) Object.assign(jsonSchema, { $ref: '#/components/schemas/Payload' });
      if ((zodSchema as unknown) === anyFlow) Object.assign(jsonSchema, { $ref: '#/components/schemas/Flow' });
    },
  });
  return withoutDialect(json);
}

/** The document has one dialect for all. */
function withoutDialect(schema: Json): Json {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema'));
}

/** What the jobs of a queue are given. A contract in another library than zod takes anything here. */
function payloadsOf({ name, jobs }: QueueDefinition): Json[] {
  return jobs.map(({ name: job, payload }) => ({
    title: `${name}: ${job}`,
    ...(payload instanceof z.ZodType ? inputSchema(payload) : {}),
  }));
}

/** RFC 9457. */
const PROBLEM: Json = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { path: { type: 'array', items: {} }, message: { type: 'string' } },
      },
    },
  },
};
