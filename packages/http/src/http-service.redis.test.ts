import { once } from 'node:events';
import { fetchUrl, shippedJobs, shippedQueue } from '@sluice/shared';
import { silentLogger } from '@sluice/queue/logging';
import { connectProducer } from '@sluice/queue';
import { isolatedRedisTest, redisTest } from '@sluice/testing/vitest';
import { stressLifecycle } from '@sluice/testing/lifecycle';
import { describe, expect } from 'vitest';
import { buildServer } from './build-server.ts';
import { HttpService, type HttpServiceOptions } from './http-service.ts';
import { stalledRequest } from './testing/raw-request.ts';
import { recordedLogger } from './testing/recorded-logger.ts';

const payload = { url: 'http://example.test/' };

const queueOf = (name: string) => shippedQueue({ queue: name, prefix: 'bull', capacity: 2, idempotencyMs: 86_400_000 });

function optionsFor(redis: string, queue: string, logger = silentLogger()): HttpServiceOptions {
  return { queues: [queueOf(queue)], redis, logger, host: '127.0.0.1', port: 0, drainMs: 20_000 };
}

/** A running service, and how to put into its queue. */
async function serve(redisUrl: string, queue: string, logger = silentLogger()): Promise<Served> {
  const service = new HttpService(optionsFor(redisUrl, queue, logger));
  await service.start();
  const base = `${service.url}/v1/queues/${queue}`;
  const put = (body: object, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${base}/jobs`, {
      method: 'POST',
      body: JSON.stringify({ job: fetchUrl.name, ...body }),
      headers: { 'content-type': 'application/json', ...headers },
    });
  return { service, base, put, [Symbol.asyncDispose]: () => service.stop() };
}

interface Served extends AsyncDisposable {
  service: HttpService;
  base: string;
  put(body: object, headers?: Record<string, string>): Promise<Response>;
}

describe('the HTTP API on a real Redis', () => {
  redisTest('bears start and stop in any order', async ({ redis, queueName }) => {
    await stressLifecycle(() => new HttpService(optionsFor(redis.url, queueName)), { rounds: 1 });
  });

  redisTest('takes a job once, reports its state, and knows it again', async ({ redis, queueName }) => {
    await using api = await serve(redis.url, queueName);
    const first = await api.put({ payload, id: 'a/ü' });
    expect(first.status).toBe(202);
    expect(await first.json()).toMatchObject({ id: 'a/ü', status: 'created', depth: 1, capacity: 2 });
    const location = new URL(first.headers.get('location') ?? '', api.base);
    expect(await (await fetch(location)).json()).toMatchObject({
      id: 'a/ü',
      job: 'http.fetch',
      state: 'waiting',
      attempts: 0,
    });

    expect((await api.put({ payload }, { 'idempotency-key': 'b' })).status).toBe(202);
    expect((await api.put({ payload }, { 'idempotency-key': 'b' })).status).toBe(200);
    expect((await api.put({ payload: { url: 'http://other.test/' }, id: 'b' })).status).toBe(409);
    expect(await (await fetch(api.base)).json()).toMatchObject({ depth: 2, capacity: 2, waiting: 2 });
  });

  redisTest('answers 429 when the queue is full, and adds nothing', async ({ redis, queueName }) => {
    await using api = await serve(redis.url, queueName);
    await Promise.all([api.put({ payload }), api.put({ payload })]);
    const refused = await api.put({ payload, id: 'third' });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused.json()).toMatchObject({ queue: queueName, depth: 2, capacity: 2, reason: 'capacity' });
    expect((await fetch(`${api.base}/jobs/third`)).status).toBe(404);
  });

  redisTest('takes any job of the queue by its name, and none without', async ({ redis, queueName }) => {
    await using api = await serve(redis.url, queueName);
    const digest = await api.put({ job: 'page.digest', payload: { html: '<title>a</title>' }, id: 'page' });
    expect([digest.status, await digest.json()]).toMatchObject([202, { id: 'page', job: 'page.digest' }]);
    const wrong = await api.put({ job: 'page.digest', payload: { html: 1, url: 'ftp://a.test' } });
    expect(await wrong.json()).toMatchObject({
      status: 422,
      errors: [{ path: ['payload', 'html'] }, { path: ['payload', 'url'] }],
    });
    const nameless = await api.put({ job: undefined, payload });
    expect(await nameless.json()).toMatchObject({
      status: 422,
      errors: [{ path: ['job'], message: `must be one of ${shippedJobs.map(({ name }) => name).join(', ')}` }],
    });
  });

  redisTest('says where a payload is wrong', async ({ redis, queueName }) => {
    await using api = await serve(redis.url, queueName);
    const refused = await api.put({ payload: { url: 7, maxRedirects: -1 } });
    expect(refused.status).toBe(422);
    const { errors } = (await refused.json()) as { errors: { path: unknown[] }[] };
    expect(errors.map(({ path }) => path)).toEqual([
      ['payload', 'url'],
      ['payload', 'maxRedirects'],
    ]);
  });

  redisTest('forgets a put whose client went away while it waited', async ({ redis, queueName }) => {
    await using api = await serve(redis.url, queueName);
    await using producer = await connectProducer(queueOf(queueName), { redis: redis.url });
    await Promise.all([api.put({ payload }), api.put({ payload })]);
    const client = new AbortController();
    const waiting = fetch(`${api.base}/jobs`, {
      method: 'POST',
      body: JSON.stringify({ job: fetchUrl.name, payload, id: 'late' }),
      headers: { 'content-type': 'application/json', prefer: 'wait=20' },
      signal: client.signal,
    });
    const waitingPuts = async (): Promise<unknown> =>
      ((await (await fetch(api.base)).json()) as { waitingPuts: unknown }).waitingPuts;
    await expect.poll(waitingPuts).toBe(1);
    client.abort();
    await expect(waiting).rejects.toThrow('aborted');
    await expect.poll(waitingPuts).toBe(0);
    await producer.obliterate();
    expect((await api.put({ payload, id: 'next' })).status).toBe(202);
    expect((await fetch(`${api.base}/jobs/late`)).status).toBe(404);
  });

  redisTest('cuts off what has not ended when the drain has', async ({ redis, queueName }) => {
    const service = new HttpService({ ...optionsFor(redis.url, queueName), drainMs: 100 });
    await service.start();
    const socket = await stalledRequest(service.url ?? '');
    const cut = once(socket, 'close');
    await service.stop();
    await cut;
  });

  redisTest('logs no payload and no password', async ({ redis, queueName }) => {
    const lines: string[] = [];
    const logger = recordedLogger(lines, 'trace');
    await using api = await serve(redis.url, queueName, logger);
    await api.put({ payload: { url: 'http://user:hush@example.test/' } });
    await expect.poll(() => lines.join('')).toContain('/v1/queues/:queue/jobs');
    expect(lines.join('')).not.toMatch(/hush|example\.test/);
  });
});

isolatedRedisTest(
  'answers 503, stays live and is not ready while Redis is away',
  async ({ redis, server, queueName }) => {
    const queue = queueOf(queueName);
    await using producer = await connectProducer(queue, { redis: redis.url, unavailableMs: 500 });
    const api = buildServer({ producers: [{ queue, producer }], logger: silentLogger() });
    await server.halt('kill');
    const put = { method: 'POST', url: `/v1/queues/${queueName}/jobs`, body: { job: fetchUrl.name, payload } } as const;
    const [refused, live, ready] = await Promise.all([api.inject(put), api.inject('/livez'), api.inject('/readyz')]);
    expect(refused.json()).toMatchObject({ status: 503 });
    expect(refused.headers['retry-after']).toBe('5');
    expect(live.statusCode).toBe(200);
    expect(ready.json()).toMatchObject({ status: 503, code: 'SLUICE_REDIS_UNAVAILABLE' });
    await server.start();
    await expect.poll(async () => (await api.inject('/readyz')).statusCode).toBe(200);
    expect((await api.inject(put)).statusCode).toBe(202);
  },
);
