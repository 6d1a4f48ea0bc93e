import { Validator } from '@seriousme/openapi-schema-validator';
import { shippedQueue } from '@sluice/shared';
import { fastify, type FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { KeyRing } from '../auth/key-ring.ts';
import { addHttpApi } from '../http-api.ts';
import { consoleEventsRoute } from '../routes/console/events.ts';
import { consoleJobRoute } from '../routes/console/job.ts';
import { ScriptedProducer } from '../testing/scripted-producer.ts';

const queue = shippedQueue({ queue: 'fetches', prefix: 'bull', capacity: 1_000, idempotencyMs: 86_400_000 });
const keys = { find: () => undefined, isEmpty: true } as unknown as KeyRing;
const metrics = { observeProducer: () => () => undefined, observeRequest: () => undefined, contentType: 'text/plain' };

interface Operation {
  summary: string;
  parameters: { name: string; in: string }[];
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
}

/** The API with all routes that a service may serve, but for the page of the console. */
async function fullApi(prefix = ''): Promise<{ app: FastifyInstance; routes: string[]; document: Document }> {
  const app = fastify();
  const routes: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) if (each !== 'HEAD') routes.push(`${each} ${url.slice(prefix.length)}`);
  });
  await app.register(
    async (scope) => {
      addHttpApi(scope, {
        producers: [{ queue, producer: new ScriptedProducer() }],
        operator: true,
        isOpenAtFirst: true,
        keys,
        registry: {} as never,
        metrics: metrics as never,
      });
      // Those that the page asks, though the page may not be built.
      const console = { source: {}, samples: {}, isOpen: true, watches: {}, stopping: new AbortController().signal };
      consoleEventsRoute(scope, console as never);
      consoleJobRoute(scope, console.source as never);
    },
    { prefix },
  );
  const answer = await app.inject(`${prefix}/v1/openapi.json`);
  expect(answer.statusCode).toBe(200);
  return { app, routes, document: answer.json() };
}

describe('the OpenAPI document', () => {
  it('is valid', async () => {
    const { document } = await fullApi();
    const { valid, errors } = await new Validator().validate({ ...document });
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });

  it('has every route, and no other: each says what it does in `doc`', async () => {
    const { document, routes } = await fullApi();
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(documented.toSorted()).toEqual(routes.toSorted());
  });

  it('says what each answer has, and which problems of our own there are', async () => {
    const { document } = await fullApi();
    for (const [path, operations] of Object.entries(document.paths))
      for (const [method, { responses }] of Object.entries(operations))
        for (const [status, { content = {} }] of Object.entries(responses)) {
          const { 'application/json': json, 'application/problem+json': problem } = content;
          const isDescribed = [json, problem].every(
            (each) => each === undefined || Object.keys(each.schema).length > 0,
          );
          expect(isDescribed, `${method} ${path} ${status}`).toBe(true);
        }
    expect(document.paths['/v1/queues/{queue}/jobs']?.['post']?.responses['429']?.description).toBe(
      'SLUICE_QUEUE_FULL, SLUICE_RATE_LIMITED, SLUICE_STREAM_STALLED, SLUICE_WAITER_SHARE',
    );
  });

  it('has what a put takes, as its schema has it', async () => {
    const { document } = await fullApi();
    expect(document).toMatchObject({
      paths: {
        '/v1/queues/{queue}/jobs': {
          post: {
            requestBody: {
              content: {
                'application/json': {
                  schema: {
                    additionalProperties: false,
                    properties: {
                      payload: { $ref: '#/components/schemas/Payload' },
                      delayMs: { type: 'integer', minimum: 0 },
                    },
                  },
                },
                'application/x-ndjson': {},
              },
            },
          },
        },
      },
      components: {
        schemas: { Payload: { anyOf: queue.jobs.map(({ name }) => ({ title: `fetches: ${name}`, type: 'object' })) } },
      },
    });
    const names = document.paths['/v1/queues/{queue}/jobs']?.['get']?.parameters.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['queue', 'state', 'payload', 'limit', 'cursor']));
  });

  it('says where the API is mounted, and has paths below that', async () => {
    const { document } = await fullApi('/jobs');
    expect(document).toMatchObject({ servers: [{ url: '/jobs' }] });
    expect(Object.keys(document.paths)).toContain('/v1/queues/{queue}');
  });

  it('stands in docs/openapi.json: `npx vitest run packages/http/src/openapi --update` writes it', async () => {
    const { document } = await fullApi();
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../../../docs/openapi.json');
  });
});
