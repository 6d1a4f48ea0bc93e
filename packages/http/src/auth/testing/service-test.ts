import { type ApiKeys, connectAllQueues, defineJob, defineQueue } from '@sluice/queue';
import { redisTest } from '@sluice/testing/vitest';
import { z } from 'zod';
import { type HttpAuth, HttpService, type HttpServiceOptions } from '../../http-service.ts';
import { recordedLogger } from '../../testing/recorded-logger.ts';

export const send = defineJob({ name: 'send', payload: z.object({ to: z.string() }), result: z.void() });

export interface Fixtures {
  /** Those of the service. */
  apiKeys: ApiKeys;
  /** The lines of its log. */
  lines: string[];
  /** A started service of the queues `emails` and `faxes`, and how to ask it. */
  serve: (
    auth?: HttpAuth,
    options?: Pick<HttpServiceOptions, 'metrics' | 'metricsKey'> & { operator?: boolean; host?: string },
  ) => Promise<Ask>;
}

export type Ask = (
  method: string,
  path: string,
  key?: string,
  body?: object,
  headers?: Record<string, string>,
) => Promise<Response>;

export const serviceTest = redisTest.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the pattern
  lines: async ({}, use) => use([]),
  apiKeys: async ({ redis, prefix }, use) => {
    await using queues = await connectAllQueues({ redis: redis.url, prefix });
    await use(queues.apiKeys);
  },
  serve: async ({ redis, prefix, lines }, use) => {
    await using services = new AsyncDisposableStack();
    await use(async (auth, options) => {
      const queues = ['emails', 'faxes'].map((name) => defineQueue({ name, jobs: [send], capacity: 5, prefix }));
      const service = new HttpService({
        queues,
        redis: redis.url,
        logger: recordedLogger(lines, 'debug'),
        host: '127.0.0.1',
        port: 0,
        drainMs: 5_000,
        ...(auth && { auth }),
        ...options,
      });
      services.defer(() => service.stop());
      await service.start();
      return (method, path, key, body, headers) =>
        fetch(`${service.url}${path}`, {
          method,
          ...(body && { body: JSON.stringify(body) }),
          headers: {
            ...(body && { 'content-type': 'application/json' }),
            ...(key !== undefined && { authorization: `Bearer ${key}` }),
            ...headers,
          },
        });
    });
  },
});
