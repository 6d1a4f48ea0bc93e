import { once } from 'node:events';
import { connect } from 'node:net';
import { RedisUnavailableError } from '@sluice/queue/contracts';
import { silentLogger } from '@sluice/queue/logging';
import { afterEach, describe, expect, it } from 'vitest';
import { ScriptedProducer, scriptedQueue, statsOf } from './testing/scripted-producer.ts';
import { buildServer } from './build-server.ts';
import { recordedLogger } from './testing/recorded-logger.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

function serverWith(producer: ScriptedProducer, logger = silentLogger()): ReturnType<typeof buildServer> {
  const server = buildServer({ producers: [scriptedQueue(producer)], logger });
  closers.push(() => server.close());
  return server;
}

/** A producer whose puts wait until their signal fires; `waiting` settles when one has come. */
function waitingProducer(): { producer: ScriptedProducer; waiting: Promise<AbortSignal> } {
  const producer = new ScriptedProducer();
  const waiting = new Promise<AbortSignal>((resolve) => {
    producer.onPut = ({ options }) =>
      new Promise((_, reject) => {
        const signal = options.signal ?? AbortSignal.abort();
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        resolve(signal);
      });
  });
  return { producer, waiting };
}

function waitingPut(base: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${base}/v1/queues/fetches/jobs`, {
    method: 'POST',
    body: JSON.stringify({ payload: { url: 'http://example.test/' } }),
    headers: { 'content-type': 'application/json', prefer: 'wait=10' },
    ...(signal ? { signal } : {}),
  });
}

describe('health', () => {
  it('is live without asking Redis, and ready when Redis answers', async () => {
    const server = serverWith(new ScriptedProducer());
    expect(await server.inject('/livez')).toMatchObject({ statusCode: 200 });
    expect(await server.inject('/readyz')).toMatchObject({ statusCode: 200 });
  });

  it('is live, and in its own time not ready, when Redis does not answer', async () => {
    const producer = new ScriptedProducer();
    producer.onStats = () => new Promise(() => undefined);
    const server = buildServer({ producers: [scriptedQueue(producer)], logger: silentLogger(), readyMs: 10 });
    closers.push(() => server.close());
    expect((await server.inject('/readyz')).json()).toMatchObject({ status: 503, code: 'SLUICE_REDIS_UNAVAILABLE' });
    expect(await server.inject('/livez')).toMatchObject({ statusCode: 200 });
  });

  it('is live and not ready when Redis is away', async () => {
    const producer = new ScriptedProducer();
    producer.onStats = () => Promise.reject(new RedisUnavailableError('redis:6379'));
    const server = serverWith(producer);
    expect(await server.inject('/livez')).toMatchObject({ statusCode: 200 });
    expect((await server.inject('/readyz')).json()).toMatchObject({
      status: 503,
      code: 'SLUICE_REDIS_UNAVAILABLE',
    });
  });
});

it('reports how full a queue is', async () => {
  const producer = new ScriptedProducer();
  producer.onStats = async () => statsOf({ depth: 12, waiting: 12 });
  const answer = await serverWith(producer).inject('/v1/queues/fetches');
  expect(answer.json()).toMatchObject({
    queue: 'fetches',
    jobs: ['http.fetch'],
    depth: 12,
    capacity: 50,
    waiting: 12,
  });
});

describe('every error is a problem document', () => {
  it.each([
    ['an unknown path', 'GET', '/nowhere', 404],
    ['a method that the path does not have', 'DELETE', '/v1/queues/fetches', 405],
    ['a path that cannot be decoded', 'GET', '/v1/queues/%zz', 400],
    ['an id that is longer than any', 'GET', `/v1/queues/fetches/jobs/${'x'.repeat(201)}`, 414],
  ] as const)('%s', async (_, method, url, status) => {
    const answer = await serverWith(new ScriptedProducer()).inject({ method, url });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ type: 'about:blank', status });
  });

  it('bytes that are no HTTP', async () => {
    const server = serverWith(new ScriptedProducer());
    const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
    const socket = connect(Number(port), '127.0.0.1');
    socket.end('nonsense\r\n\r\n');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"status":400/);
  });
});

describe('requests', () => {
  it('keep the id that the caller gave, unless it is unfit for a log', async () => {
    const server = serverWith(new ScriptedProducer());
    const given = await server.inject({ url: '/livez', headers: { 'x-request-id': 'trace-7' } });
    expect(given.headers['x-request-id']).toBe('trace-7');
    const unfit = await server.inject({ url: '/livez', headers: { 'x-request-id': 'a\tb' } });
    expect(unfit.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('leave one line in the log, without payload, query or id', async () => {
    const lines: string[] = [];
    const logger = recordedLogger(lines, 'info');
    const server = serverWith(new ScriptedProducer(), logger);
    await server.inject({
      method: 'POST',
      url: '/v1/queues/fetches/jobs?token=sesame',
      body: { payload: { url: 'http://user:hush@example.test/' }, id: 'order-17' },
    });
    await expect.poll(() => lines.length).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      method: 'POST',
      route: '/v1/queues/:queue/jobs',
      status: 202,
    });
    expect(lines.join('')).not.toMatch(/sesame|hush|order-17|example/);
  });
});

describe('a put that waits for capacity', () => {
  it('is cancelled when its client goes away', async () => {
    const { producer, waiting } = waitingProducer();
    const base = await serverWith(producer).listen({ host: '127.0.0.1', port: 0 });
    const client = new AbortController();
    const answer = waitingPut(base, client.signal);
    const signal = await waiting;
    expect(signal.aborted).toBe(false);
    client.abort();
    await expect(answer).rejects.toThrow();
    await expect.poll(() => signal.reason).toMatchObject({ code: 'SLUICE_CLIENT_GONE' });
  });

  it('ends with 503 when the service stops, and the connection with it', async () => {
    const { producer, waiting } = waitingProducer();
    const server = serverWith(producer);
    const base = await server.listen({ host: '127.0.0.1', port: 0 });
    const answer = waitingPut(base);
    await waiting;
    await server.close();
    const response = await answer;
    expect(response.status).toBe(503);
    expect(response.headers.get('connection')).toBe('close');
    expect(await response.json()).toMatchObject({ code: 'SLUICE_SERVICE_STOPPING' });
  });
});

it('lets a put that does not wait end before it closes', async () => {
  const producer = new ScriptedProducer();
  const arrived = Promise.withResolvers<void>();
  const redisAnswers = Promise.withResolvers<void>();
  const answerAsUsual = producer.onPut;
  producer.onPut = async (put) => {
    arrived.resolve();
    await redisAnswers.promise;
    return answerAsUsual(put);
  };
  const server = serverWith(producer);
  const base = await server.listen({ host: '127.0.0.1', port: 0 });
  const answer = fetch(`${base}/v1/queues/fetches/jobs`, {
    method: 'POST',
    body: JSON.stringify({ payload: {} }),
    headers: { 'content-type': 'application/json' },
  });
  await arrived.promise;
  const closed = server.close();
  redisAnswers.resolve();
  expect((await answer).status).toBe(202);
  await closed;
});
