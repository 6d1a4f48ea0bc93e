import { shippedQueue } from '@sluice/shared';
import { silentLogger } from '@sluice/queue/logging';
import { isolatedRedisTest as test } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { HttpService } from './http-service.ts';
import { type Asked, askEachOperation } from './testing/each-operation.ts';
import { putLinesInto } from './testing/line-client.ts';
import { readEvents } from './testing/read-events.ts';

const queue = shippedQueue({ queue: 'fetches', prefix: 'bull', capacity: 100, idempotencyMs: 0 });
const put = { job: 'http.fetch', payload: { url: 'http://example.test/' } };

/** Two seconds for its turn, five for Redis, and what a busy machine takes. */
const MOST_MS = 2_000 + 5_000 + 3_000;
/** They ask Redis for nothing, or say in their answer what is wrong. */
const ALWAYS = [
  'GET /v1/openapi.json',
  'GET /livez',
  'POST /v1/queues/{queue}/jobs/batch',
  'GET /v1/queues/{queue}/events',
];

function isUnmeant({ operation, status, code = '', ms }: Asked): boolean {
  if (ms > MOST_MS) return true;
  if (ALWAYS.includes(operation)) return status !== 200;
  return status !== 503 || !['SLUICE_REDIS_UNAVAILABLE', 'SLUICE_PUT_UNKNOWN'].includes(code);
}

describe('while Redis', () => {
  test.for(['hangs', 'is away'] as const)(
    '%s, each route answers in its time, streams live on, and all is well afterwards',
    async (how, { redis, server }) => {
      const options = { queues: [queue], redis: redis.url, logger: silentLogger(), host: '127.0.0.1', port: 0 };
      const service = new HttpService({ ...options, drainMs: 1_000, operator: true, auth: 'none' });
      await service.start();
      await using _stop = { [Symbol.asyncDispose]: () => service.stop() };
      const base = service.url ?? expect.unreachable();
      const jobs = `${base}/v1/queues/fetches/jobs`;
      const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
      expect((await fetch(jobs, { ...init, body: JSON.stringify({ ...put, id: 'a' }) })).status).toBe(202);
      const ofQueue = await readEvents(`${base}/v1/queues/fetches/events?jobs=true`);
      await expect.poll(() => ofQueue.events).toMatchObject([{ event: 'stats' }]);
      const ofJob = await readEvents(`${jobs}/a/events`);
      await expect.poll(() => ofJob.events).toMatchObject([{ event: 'job' }]);
      const lines = putLinesInto(base);
      lines.write(put);
      await expect.poll(() => lines.answers).toMatchObject([{ receipt: { status: 'created' } }]);
      const poll = fetch(`${jobs}/a?wait=60`);
      poll.catch(() => undefined); // awaited below

      if (how === 'hangs') await server.suspend();
      else await server.halt();
      const asked = await askEachOperation(base, 'fetches');
      expect(asked.filter(isUnmeant)).toEqual([]);
      lines.write(put);
      await expect.poll(() => lines.answers[1]?.problem?.status).toBe(503);
      await expect.poll(() => ofQueue.events.map(({ event }) => event)).toContain('trouble');
      expect([ofQueue.response.status, (await poll).status]).toEqual([200, 503]);

      if (how === 'hangs') await server.resume();
      else await server.start();
      await expect.poll(async () => (await fetch(`${base}/readyz`)).status).toBe(200);
      await expect.poll(() => ofQueue.events.at(-1)?.event).toBe('stats');
      const afterwards = await askEachOperation(base, 'fetches');
      expect(afterwards.filter(({ status }) => status >= 500)).toEqual([]);
      lines.end();
      ofQueue.close();
      ofJob.close();
    },
  );
});
