import {
  connectProducer,
  createWorkerPool,
  defineHandler,
  defineJob,
  defineQueue,
  PermanentJobError,
} from '@sluice/queue';
import { redisTest as test } from '@sluice/testing/vitest';
import { fastify } from 'fastify';
import { expect } from 'vitest';
import { z } from 'zod';
import { sluiceHttp, type SluiceHttpOptions } from '../../sluice-http.ts';

const send = defineJob({ name: 'send', payload: z.object({ to: z.string() }), result: z.void() });
const url = '/v1/queues/emails/jobs/a';

/** The plugin over the queue `emails`, which holds the waiting job `a`: over its own connections where `queues` is given. */
async function serve(redis: string, prefix: string, options: SluiceHttpOptions) {
  const emails = defineQueue({ name: 'emails', jobs: [send], capacity: 5, prefix });
  const producer = await connectProducer(emails, { redis });
  const app = fastify();
  const stop = async (): Promise<void> => {
    await app.close();
    await producer.close();
  };
  try {
    await producer.put(send, { to: 'a' }, { id: 'a' });
    await app.register(sluiceHttp, {
      ...options,
      ...(options.queues ? { queues: [emails] } : { producers: [producer] }),
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { app, producer, [Symbol.asyncDispose]: stop };
}

test('an operator sets, sees, pauses and removes a schedule', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { redis: redis.url, operator: true });
  const schedules = '/v1/queues/emails/schedules';
  const call = async (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: object) => {
    const response = await served.app.inject({ method, url: `${schedules}${path}`, ...(body && { body }) });
    return [response.statusCode, response.json()];
  };
  const daily = { payload: { to: 'b' }, cron: '0 9 * * *', timeZone: 'Europe/Berlin', catchUp: { all: 2 } };
  const set = { queue: 'emails', name: 'daily', status: 'set', next: expect.any(Number) };
  expect(await call('PUT', '/daily', daily)).toEqual([200, set]);
  expect(await call('PUT', '/daily', daily)).toEqual([200, { ...set, status: 'unchanged' }]);
  expect(await call('POST', '/daily/pause')).toEqual([200, { queue: 'emails', name: 'daily', status: 'paused' }]);
  const shown = { name: 'daily', job: 'send', payload: { to: 'b' }, state: 'paused', catchUp: { all: 2 } };
  const numbers = [expect.any(Number), expect.any(Number)];
  expect(await call('GET', '/daily?next=2')).toEqual([200, expect.objectContaining({ ...shown, next: numbers })]);
  expect(await call('GET', '')).toMatchObject([200, { schedules: [shown] }]);
  expect(await call('DELETE', '/daily')).toMatchObject([200, { status: 'removed' }]);
  expect(await call('POST', '/daily/resume')).toMatchObject([404, {}]);
  for (const wrong of [
    { payload: { to: 'b' } },
    { ...daily, everyMs: 60_000 },
    { ...daily, timeZone: 'Mars' },
    { ...daily, payload: 7 },
  ]) {
    expect(await call('PUT', '/daily', wrong)).toMatchObject([422, {}]);
  }
});

test('only an operator may cancel: the route is not there otherwise', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, {});
  expect((await served.app.inject({ method: 'DELETE', url })).statusCode).toBe(404);
  expect(await served.producer.stats()).toMatchObject({ depth: 1 });
});

test.for([{ queues: [] }, {}])('an operator cancels a job, given %j', async (given, { redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { ...given, redis: redis.url, operator: true });
  expect((await served.app.inject({ method: 'DELETE', url: `${url}?waitMs=soon` })).statusCode).toBe(422);
  const many = {
    method: 'POST',
    url: '/v1/queues/emails/jobs/cancel',
    body: { filter: { job: 'send' }, dryRun: true },
  } as const;
  expect((await served.app.inject(many)).json()).toMatchObject({ matched: 1, results: {} });
  const cancelled = await served.app.inject({ method: 'DELETE', url });
  expect([cancelled.statusCode, cancelled.json()]).toEqual([200, { queue: 'emails', id: 'a', outcome: 'removed' }]);
  expect(await served.producer.stats()).toMatchObject({ depth: 0 });
  const set = { method: 'PATCH', url: '/v1/queues/emails/pools', body: { concurrency: 3 } } as const;
  expect((await served.app.inject(set)).json()).toEqual({ queue: 'emails', confirmed: [], unconfirmed: [] });
  const drain = { method: 'POST', url: '/v1/queues/emails/pools/drain', body: { pools: ['none'] } } as const;
  expect((await served.app.inject(drain)).json()).toMatchObject({ status: 422, code: 'SLUICE_OPTION' });
  expect((await served.app.inject('/v1/queues/emails/pools')).json()).toMatchObject({
    queue: 'emails',
    pools: [],
    elsewhere: [],
  });
  const again = await served.app.inject({ method: 'DELETE', url });
  expect([again.statusCode, again.json().code]).toEqual([404, 'SLUICE_JOB_NOT_FOUND']);
});

test('an operator sees and ends the key under which puts become one job', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { redis: redis.url, operator: true });
  const dedupe = { key: 'user 7', mode: 'debounce', forMs: 60_000 } as const;
  const body = { payload: { to: 'b' }, id: 'b', dedupe };
  const put = () => served.app.inject({ method: 'POST', url: '/v1/queues/emails/jobs', body });
  expect((await put()).statusCode).toBe(202);
  const joined = await served.app.inject({ method: 'POST', url: '/v1/queues/emails/jobs', body: { ...body, id: 'c' } });
  expect([joined.statusCode, joined.json(), joined.headers['location']]).toEqual([
    200,
    expect.objectContaining({ id: 'b', status: 'deduplicated' }),
    '/v1/queues/emails/jobs/b',
  ]);
  const key = '/v1/queues/emails/dedupe/send/user%207';
  expect((await served.app.inject(key)).json()).toMatchObject({ key: 'user 7', id: 'b', endsInMs: expect.any(Number) });
  expect((await served.app.inject({ method: 'DELETE', url: key })).json()).toMatchObject({ removed: true });
  expect((await served.app.inject(key)).statusCode).toBe(404);
});

test('an operator sees what Redis is, and how it does', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { redis: redis.url, operator: true });
  expect((await served.app.inject('/v1/redis')).json()).toEqual({
    server: expect.stringMatching(/^(redis|valkey)$/),
    version: expect.stringMatching(/^\d+\./),
    usedBytes: expect.any(Number),
    maxBytes: expect.toSatisfy((max) => max === null || max > 0),
    latencyMs: expect.any(Number),
  });
});

test('a page of another site is no operator', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { redis: redis.url, operator: true });
  const headers = { 'sec-fetch-site': 'cross-site' };
  expect((await served.app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(403);
  expect(await served.producer.stats()).toMatchObject({ depth: 1 });
});

test('an operator needs a connection of its own', async ({ redis, prefix }) => {
  await expect(serve(redis.url, prefix, { operator: true })).rejects.toThrow('give it redis, too');
});

test('an operator reads which jobs may end their workers', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { redis: redis.url, operator: true });
  const read = (query: string) => served.app.inject({ method: 'GET', url: `/v1/queues/emails/poison${query}` });
  const report = await read('?limit=5');
  const nothing = {
    suspects: [],
    waiting: 0,
    makeWayAt: null,
    paused: false,
    pools: 0,
    guilty: [],
    looked: 0,
    dead: 0,
  };
  expect([report.statusCode, report.json()]).toEqual([200, { queue: 'emails', ...nothing }]);
  expect((await read('?limit=0')).statusCode).toBe(422);
});

test('an operator asks why a job does not run', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { redis: redis.url, operator: true });
  const answer = await served.app.inject({ method: 'GET', url: `${url}/why` });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({
    queue: 'emails',
    id: 'a',
    state: 'waiting',
    reasons: [{ reason: 'no-worker' }],
  });
});

test('an operator sets limits, and sees them', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { redis: redis.url, operator: true });
  const limits = '/v1/queues/emails/limits';
  const body = { job: 'send', running: 2, rate: { jobs: 5, perMs: 1_000 }, paused: true };
  const send = { running: 2, rate: { jobs: 5, perMs: 1_000 }, paused: true };
  const set = await served.app.inject({ method: 'PATCH', url: limits, body });
  expect([set.statusCode, set.json()]).toMatchObject([200, { queue: 'emails', running: null, jobs: { send } }]);
  expect((await served.app.inject({ url: limits })).json()).toEqual(set.json());
  for (const wrong of [{ running: 0 }, { job: 'send' }, { rate: { jobs: 1 } }, { runing: 1 }])
    expect((await served.app.inject({ method: 'PATCH', url: limits, body: wrong })).statusCode).toBe(422);
});

test('an operator edits a job that waits', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { queues: [], redis: redis.url, operator: true });
  const patch = async (body: object, at = url): Promise<[number, Record<string, unknown>]> => {
    const response = await served.app.inject({ method: 'PATCH', url: at, payload: body });
    return [response.statusCode, response.json()];
  };
  expect(await patch({ payload: { to: 'b' }, priority: 3 })).toEqual([
    200,
    { queue: 'emails', id: 'a', result: 'edited' },
  ]);
  expect(await served.producer.stats()).toMatchObject({ depth: 1, prioritized: 1 });
  expect(await patch({ payload: { to: 5 } })).toMatchObject([422, { code: 'SLUICE_PAYLOAD_INVALID' }]);
  expect(await patch({})).toMatchObject([422, { code: 'SLUICE_OPTION' }]);
  expect(await patch({ prio: 1 })).toMatchObject([422, { code: 'SLUICE_BODY_INVALID' }]);
  expect(await patch({ priority: 1 }, '/v1/queues/emails/jobs/x')).toMatchObject([
    404,
    { code: 'SLUICE_JOB_NOT_FOUND' },
  ]);
});

test('an operator reads the history', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { redis: redis.url, operator: true });
  const read = (query: string) => served.app.inject({ url: `/v1/queues/emails/history${query}` });
  const history = await read('?everyMs=600000&job=send');
  expect([history.statusCode, history.json()]).toMatchObject([200, { queue: 'emails', everyMs: 600_000, total: {} }]);
  for (const wrong of ['?everyMs=1', '?since=x', '?since=9&until=5', '?jobs=send'])
    expect((await read(wrong)).statusCode, wrong).toBe(422);
});

test('an operator sets the capacity, and lets the definition’s count again', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { redis: redis.url, operator: true });
  const capacity = '/v1/queues/emails/capacity';
  const definition = { queue: 'emails', capacity: 5, capacityFrom: { source: 'definition' }, depth: 1, over: 0 };
  expect((await served.app.inject(capacity)).json()).toMatchObject(definition);
  const set = await served.app.inject({ method: 'PUT', url: capacity, body: { capacity: 2 } });
  expect([set.statusCode, set.json()]).toMatchObject([200, { capacity: 2, capacityFrom: { source: 'set' } }]);
  for (const wrong of [{ capacity: 0 }, { capacity: '2' }, {}, { capacity: 2, more: 1 }])
    expect((await served.app.inject({ method: 'PUT', url: capacity, body: wrong })).statusCode).toBe(422);
  expect((await served.app.inject({ method: 'DELETE', url: capacity })).json()).toMatchObject(definition);
});

test('an operator seals, unseals, pauses and resumes a queue', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { redis: redis.url, operator: true });
  const post = async (name: string): Promise<unknown> =>
    (await served.app.inject({ method: 'POST', url: `/v1/queues/emails/${name}` })).json();
  expect(await post('seal')).toEqual({ queue: 'emails', sealed: true, paused: false });
  const put = { method: 'POST', url: '/v1/queues/emails/jobs', body: { payload: { to: 'b' } } } as const;
  expect((await served.app.inject(put)).json()).toMatchObject({ status: 503, code: 'SLUICE_QUEUE_CLOSED' });
  expect(await post('pause')).toEqual({ queue: 'emails', sealed: true, paused: true });
  const list = await served.app.inject('/v1/queues');
  expect(list.json()).toMatchObject({
    queues: [{ queue: 'emails', depth: 1, signs: ['sealed', 'paused', 'no-worker'] }],
  });
  expect(await post('unseal')).toEqual({ queue: 'emails', sealed: false, paused: true });
  expect(await post('resume')).toEqual({ queue: 'emails', sealed: false, paused: false });
});

test('an operator sees who waits for capacity, and for how long', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { redis: redis.url, operator: true });
  const list = async (): Promise<unknown> => (await served.app.inject('/v1/queues')).json();
  expect(await list()).toMatchObject({ queues: [{ queue: 'emails', jobs: ['send'], longestWaitMs: null }] });
  await served.producer.setCapacity(1);
  const over = new AbortController();
  const waiting = served.producer
    .put(send, { to: 'b' }, { waitMs: Infinity, signal: over.signal })
    .catch(() => undefined);
  const waiters = async (): Promise<unknown> => (await served.app.inject('/v1/queues/emails/waiters?limit=5')).json();
  await expect.poll(waiters).toMatchObject({
    queue: 'emails',
    waiters: [{ pid: process.pid, jobs: 1, waitedMs: expect.any(Number) }],
    total: 1,
  });
  expect(await list()).toMatchObject({ queues: [{ longestWaitMs: expect.any(Number), signs: ['full', 'no-worker'] }] });
  expect((await served.app.inject('/v1/queues/emails/waiters?limit=0')).statusCode).toBe(422);
  over.abort();
  await waiting;
});

test('an operator reads what a job logged, and retries one that is dead', async ({ redis, prefix }) => {
  await using served = await serve(redis.url, prefix, { redis: redis.url, operator: true });
  const retry = async (id: string): Promise<[number, unknown]> => {
    const answer = await served.app.inject({ method: 'POST', url: `/v1/queues/emails/jobs/${id}/retry` });
    return [answer.statusCode, answer.json()];
  };
  expect(await retry('a')).toMatchObject([409, { detail: 'job a is not dead' }]);
  expect(await retry('none')).toMatchObject([404, { code: 'SLUICE_JOB_NOT_FOUND' }]);
  const fails = defineHandler(send, () => {
    throw new PermanentJobError('no such address');
  });
  await using pool = createWorkerPool(served.producer.queue, { send: fails }, { redis: redis.url, concurrency: 1 });
  await pool.start();
  expect(await served.producer.outcome('a')).toMatchObject({ outcome: 'dead' });
  await pool.stop();
  await (await redis.client()).rpush(`${prefix}:{emails}:k.a:logs`, 'on my way'); // as BullMQ's job.log does
  const logs = await served.app.inject(`${url}/logs`);
  expect(logs.json()).toEqual({ queue: 'emails', id: 'a', logs: [expect.stringContaining('on my way')], total: 1 });
  expect((await served.app.inject('/v1/queues/emails/jobs/none/logs')).statusCode).toBe(404);
  await served.producer.setCapacity(1);
  await served.producer.put(send, { to: 'b' }, { id: 'b' });
  expect(await retry('a')).toMatchObject([429, { detail: expect.stringContaining('no capacity') }]);
  await served.producer.setCapacity(null);
  await served.producer.seal();
  expect(await retry('a')).toMatchObject([503, { code: 'SLUICE_QUEUE_CLOSED' }]);
  await served.producer.unseal();
  expect(await retry('a')).toEqual([200, { queue: 'emails', id: 'a', result: 'replayed' }]);
  expect(await served.producer.find('a')).toMatchObject({ state: 'waiting' });
});
