import { defineQueue } from '@sluice/queue/contracts';
import { fetchUrl } from '@sluice/shared';
import { fastify, type FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sluiceHttp } from './sluice-http.ts';
import { recordedLogger } from './testing/recorded-logger.ts';
import { ScriptedProducer } from './testing/scripted-producer.ts';

const body = { payload: { url: 'http://example.test/' } };

/** A producer of a queue of this name, as the plugin takes it. */
const producerOf = (name: string) =>
  Object.assign(new ScriptedProducer(), { queue: defineQueue({ name, jobs: [fetchUrl], capacity: 50 }) });

/** A server of a user's own, with a route, an error handler and the plugin. */
async function ownServer(options: object = {}, producers = [producerOf('emails'), producerOf('faxes')]) {
  const app = fastify({ routerOptions: { maxParamLength: 1_000 } });
  onTestFinished(() => app.close());
  app.get('/own', async () => ({ own: true }));
  app.get('/fail', async () => Promise.reject(new Error('mine')));
  app.setErrorHandler((error, _request, reply) => reply.code(500).send({ mine: String(error) }));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send('not found here'));
  await app.register(sluiceHttp, { producers, ...options });
  await app.ready();
  return { app, producers };
}

const put = (app: FastifyInstance, url: string, more: object = {}) =>
  app.inject({ method: 'POST', url, body, ...more });

describe('the plugin', () => {
  it('takes jobs for each of its queues, and knows no other', async () => {
    const { app, producers } = await ownServer();
    const answers = await Promise.all(['emails', 'faxes', 'phones'].map((name) => put(app, `/v1/queues/${name}/jobs`)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202, 404]);
    expect(producers.map(({ seen }) => seen.length)).toEqual([1, 1]);
    expect(answers[2]?.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answers[2]?.json()).toMatchObject({
      code: 'SLUICE_UNKNOWN_QUEUE',
      detail: expect.stringContaining('emails, faxes'),
    });
  });

  it('works below a prefix, and says so where it leads to the job', async () => {
    const { app } = await ownServer({ prefix: '/api' });
    const answer = await put(app, '/api/v1/queues/emails/jobs', { headers: { 'idempotency-key': 'a' } });
    expect([answer.statusCode, answer.headers.location]).toEqual([202, '/api/v1/queues/emails/jobs/a']);
    const wrong = await app.inject({ method: 'DELETE', url: '/api/v1/queues/emails/jobs' });
    expect([wrong.statusCode, wrong.headers.allow]).toEqual([405, 'POST']);
    expect((await app.inject('/api/readyz')).statusCode).toBe(200);
    expect((await app.inject('/readyz')).statusCode).toBe(404);
  });

  it('leaves the server’s own routes, errors and parsers alone', async () => {
    const { app } = await ownServer();
    app.log.info('ready');
    expect((await app.inject('/own')).json()).toEqual({ own: true });
    expect((await app.inject('/fail')).json()).toEqual({ mine: 'Error: mine' });
    expect((await app.inject('/none')).body).toBe('not found here');
    expect((await app.inject('/own')).headers).not.toHaveProperty('x-request-id');
  });

  it('keeps the limits of the API: the size of a body, exact numbers', async () => {
    const { app } = await ownServer();
    const url = '/v1/queues/emails/jobs';
    const headers = { 'content-type': 'application/json' };
    const large = JSON.stringify({ payload: { url: 'x'.repeat(300_000) } });
    expect((await app.inject({ method: 'POST', url, headers, payload: large })).statusCode).toBe(413);
    const inexact = '{"payload":{"url":12345678901234567890}}';
    expect((await app.inject({ method: 'POST', url, headers, payload: inexact })).json()).toMatchObject({
      status: 422,
    });
  });

  it('has no health routes when told so, where the server has its own', async () => {
    const { app } = await ownServer({ health: false });
    expect((await app.inject('/livez')).statusCode).toBe(404);
  });

  it('refuses names of strangers on the loopback address, unless they are allowed', async () => {
    for (const [allowedHosts, status] of [
      [undefined, 421],
      [['evil.example'], 202],
    ] as const) {
      const { app } = await ownServer(allowedHosts ? { allowedHosts } : {});
      const base = await app.listen({ host: '127.0.0.1', port: 0 });
      const { port } = new URL(base);
      expect(await statusFor(Number(port), 'evil.example')).toBe(status);
    }
  });

  it('warns when the server finds no route for long ids', async () => {
    const lines: string[] = [];
    const app = fastify({ loggerInstance: recordedLogger(lines, 'warn') });
    onTestFinished(() => app.close());
    await app.register(sluiceHttp, { producers: [producerOf('emails')] });
    expect(lines.join('')).toContain('job ids above 100 characters are not found');
  });

  it.each([{}, { producers: [], queues: [] }, { queues: [] }])('refuses %o', async (options) => {
    const app = fastify();
    await expect(app.register(sluiceHttp, options).ready()).rejects.toThrow('either producers, or queues and redis');
  });
});

async function statusFor(port: number, host: string): Promise<number> {
  const { request } = await import('node:http');
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const headers = { host, 'content-type': 'application/json' };
  const sent = request(
    { port, host: '127.0.0.1', method: 'POST', path: '/v1/queues/emails/jobs', headers },
    (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    },
  );
  sent.on('error', reject).end(JSON.stringify(body));
  return promise;
}
