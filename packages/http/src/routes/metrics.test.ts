import { fastify } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RequestLine } from '../requests/request-log.ts';
import { sluiceHttp } from '../sluice-http.ts';
import { ScriptedProducer, scriptedQueue } from '../testing/scripted-producer.ts';
import { startServer } from '../testing/started-server.ts';
import type { HttpMetrics } from './metrics.ts';

/** Collects what it is told. */
function recordedMetrics() {
  const seen = { requests: [] as RequestLine[], producers: [] as string[], ended: [] as string[] };
  const metrics: HttpMetrics = {
    contentType: 'text/plain; version=0.0.4',
    text: async () => 'sluice_puts_total 1\n',
    observeRequest: (request) => void seen.requests.push(request),
    observeProducer: ({ name }) => {
      seen.producers.push(name);
      return () => void seen.ended.push(name);
    },
  };
  return { metrics, seen };
}

const postJob = (base: string): Promise<Response> =>
  fetch(`${base}/v1/queues/fetches/jobs`, {
    method: 'POST',
    body: '{"payload":{"url":"http://example.test/"}}',
    headers: { 'content-type': 'application/json' },
  });

describe('GET /metrics', () => {
  it('answers with what collects metrics, which gets each producer and each request', async () => {
    const { metrics, seen } = recordedMetrics();
    const { app, base } = await startServer({ metrics });
    const response = await fetch(`${base}/metrics`);
    expect(await response.text()).toBe('sluice_puts_total 1\n');
    expect(response.headers.get('content-type')).toBe(metrics.contentType);
    expect(response.headers.get('cache-control')).toBe('no-store');
    await fetch(`${base}/v1/queues/fetches/jobs/17`);
    await expect.poll(() => seen.requests).toHaveLength(2);
    expect(seen.requests.map(({ route, status }) => `${route} ${status}`)).toEqual([
      '/metrics 200',
      '/v1/queues/:queue/jobs/:id 404',
    ]);
    expect(seen.producers).toEqual(['fetches']);
    await app.close();
    expect(seen.ended).toEqual(['fetches']);
  });

  it('answers also while all requests that may be are in flight', async () => {
    const { metrics } = recordedMetrics();
    const { base, producer } = await startServer({ metrics, requestsMax: 1 });
    const put = Promise.withResolvers<never>();
    producer.onPut = () => put.promise;
    const waiting = postJob(base);
    await expect.poll(() => producer.seen).toHaveLength(1);
    expect((await postJob(base)).status).toBe(503);
    expect((await fetch(`${base}/metrics`)).status).toBe(200);
    put.reject(new Error('over'));
    await waiting;
  });

  it.each<[string, { metricsKey?: boolean }, string | undefined]>([
    ['needs a key that may read', {}, 'read'],
    ['needs none when told so', { metricsKey: false }, undefined],
  ])('%s', async (_, options, verb) => {
    const app = fastify({ routerOptions: { maxParamLength: 200 } });
    onTestFinished(() => app.close());
    const verbs: (string | undefined)[] = [];
    app.addHook('onRoute', ({ url, method, config }) => {
      if (url === '/metrics' && method === 'GET') verbs.push(config?.sluice?.verb);
    });
    const { metrics } = recordedMetrics();
    const { queue } = scriptedQueue(new ScriptedProducer());
    const producers = [Object.assign(new ScriptedProducer(), { queue })];
    await app.register(sluiceHttp, { producers, metrics, ...options });
    expect(verbs).toEqual([verb]);
  });

  it('is not there without metrics', async () => {
    const { base } = await startServer();
    expect((await fetch(`${base}/metrics`)).status).toBe(404);
  });
});
