import { PutConflictError } from '@sluice/queue/contracts';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { silentLogger } from '@sluice/queue/logging';
import { describe, expect, it } from 'vitest';
import { buildServer } from '../build-server.ts';
import { payload, post, refusing } from '../testing/post-job.ts';
import { flowReceiptOf, receiptOf, ScriptedProducer, scriptedQueue } from '../testing/scripted-producer.ts';

const headers = { 'idempotency-key': 'k' };

/** A server that takes the client of a request from a header, as another part takes it from an API key. */
function serverWith(producer: ScriptedProducer): FastifyInstance {
  const app = buildServer({ producers: [scriptedQueue(producer)], logger: silentLogger() });
  app.addHook('onRequest', async (request) => {
    request.sluiceClient = String(request.headers['x-client'] ?? '');
  });
  return app;
}

function putAs(app: FastifyInstance, client: string, body: object = { payload }, key?: string) {
  const given = { 'x-client': client, ...(key !== undefined && { 'idempotency-key': key }) };
  return app.inject({ method: 'POST', url: '/v1/queues/fetches/jobs', headers: given, body });
}

const idOf = (answer: LightMyRequestResponse): unknown => answer.json().id;

describe('an Idempotency-Key that is known', () => {
  it('is 422 for another payload, where an id in the body is 409', async () => {
    const producer = refusing(new PutConflictError('fetches', 'k'));
    const byKey = await post(producer, { headers });
    expect(byKey.json()).toMatchObject({ status: 422, code: 'SLUICE_KEY_REUSED', queue: 'fetches', jobId: 'k' });
    const byId = await post(producer, { body: { payload, id: 'k' } });
    expect(byId.json()).toMatchObject({ status: 409, code: 'SLUICE_PUT_CONFLICT' });
  });

  it('is 422 for another flow, but not where another job of the flow is taken', async () => {
    const producer = new ScriptedProducer();
    const body = { job: 'http.fetch', payload, children: [{ job: 'http.fetch', payload, id: 'child' }] };
    const put = () => post(producer, { path: 'flows', body, headers });
    producer.onPutFlow = () => Promise.reject(new PutConflictError('fetches', 'k'));
    expect((await put()).json()).toMatchObject({ status: 422, code: 'SLUICE_KEY_REUSED' });
    producer.onPutFlow = () => Promise.reject(new PutConflictError('fetches', 'child'));
    expect((await put()).json()).toMatchObject({ status: 409, code: 'SLUICE_PUT_CONFLICT', jobId: 'child' });
  });
});

describe('an Idempotency-Key that is in progress', () => {
  it.each([
    ['answered', true],
    ['refused', false],
  ])('is 409 for any put of it in the same queue, until the first is %s', async (_, isAnswered) => {
    const producer = new ScriptedProducer();
    const redis = Promise.withResolvers<void>();
    producer.onPut = () => redis.promise.then(() => receiptOf({ id: 'k' }));
    producer.onPutFlow = async (flow) => flowReceiptOf(flow);
    const app = serverWith(producer);
    const first = putAs(app, '', { payload }, 'k');
    await expect.poll(() => producer.seen.length).toBe(1);
    for (const path of ['jobs', 'flows']) {
      const body = { job: 'http.fetch', payload: { url: 'http://other.test/' } };
      const second = await app.inject({ method: 'POST', url: `/v1/queues/fetches/${path}`, headers, body });
      expect(second.json()).toMatchObject({ status: 409, code: 'SLUICE_KEY_IN_PROGRESS' });
      expect(second.headers['retry-after']).toBe('1');
    }
    if (isAnswered) redis.resolve();
    else redis.reject(new PutConflictError('fetches', 'k'));
    expect((await first).statusCode).toBe(isAnswered ? 202 : 422);
    producer.onPut = async () => receiptOf({ id: 'k', status: 'duplicate' });
    expect((await putAs(app, '', { payload }, 'k')).statusCode).toBe(200);
    expect(producer.seenFlows).toEqual([]);
  });

  it('stops nobody who puts under an id of the body', async () => {
    const producer = new ScriptedProducer();
    const redis = Promise.withResolvers<void>();
    producer.onPut = () => redis.promise.then(() => receiptOf({}));
    const app = serverWith(producer);
    const both = [putAs(app, '', { payload, id: 'k' }), putAs(app, '', { payload, id: 'k' })];
    await expect.poll(() => producer.seen.length).toBe(2);
    redis.resolve();
    expect((await Promise.all(both)).map(({ statusCode }) => statusCode)).toEqual([202, 202]);
  });
});

describe('an Idempotency-Key of a client', () => {
  it('is its own: the same one of another client is another job', async () => {
    const app = serverWith(new ScriptedProducer());
    const ids = [
      idOf(await putAs(app, 'billing', { payload }, 'k')),
      idOf(await putAs(app, 'billing', { payload }, 'k')),
      idOf(await putAs(app, 'mail', { payload }, 'k')),
      idOf(await putAs(app, 'billing', { payload }, 'l')),
      idOf(await putAs(app, '', { payload }, 'k')),
    ];
    expect(ids).toEqual([
      expect.stringMatching(/^key-[A-Za-z0-9_-]{43}$/),
      ids[0],
      expect.stringMatching(/^key-/),
      expect.stringMatching(/^key-/),
      'k',
    ]);
    expect(new Set(ids).size).toBe(4);
  });

  it('is not to be had by an id of the body, in a flow neither', async () => {
    const app = serverWith(new ScriptedProducer());
    const id = idOf(await putAs(app, 'billing', { payload }, 'k'));
    const refused = await putAs(app, 'mail', { payload, id });
    expect(refused.json()).toMatchObject({ status: 422, errors: [{ path: ['id'] }] });
    const flow = { job: 'http.fetch', payload, children: [{ job: 'http.fetch', payload, id }] };
    const inFlow = await app.inject({
      method: 'POST',
      url: '/v1/queues/fetches/flows',
      headers: { 'x-client': 'mail' },
      body: flow,
    });
    expect(inFlow.json()).toMatchObject({ status: 422, errors: [{ path: ['children', 0, 'id'] }] });
  });

  it('may be any text, as it becomes part of no URL', async () => {
    const app = serverWith(new ScriptedProducer());
    expect((await putAs(app, 'billing', { payload }, '..')).statusCode).toBe(202);
    expect((await putAs(app, '', { payload }, '..')).statusCode).toBe(422);
    expect((await putAs(app, 'billing', { payload }, 'x'.repeat(300))).statusCode).toBe(202);
  });
});

describe('the idempotencyKey of one put of many', () => {
  /** Each as `[status, id or code]`. */
  const manyAs = async (app: FastifyInstance, client: string, puts: object[]): Promise<unknown[]> => {
    const of = { method: 'POST', headers: { 'x-client': client, 'content-type': 'application/json' } } as const;
    const lines = puts.map((put) => JSON.stringify(put)).join('\n');
    const [batch, stream] = [
      await app.inject({ ...of, url: '/v1/queues/fetches/jobs/batch', body: puts }),
      await app.inject({
        ...of,
        url: '/v1/queues/fetches/jobs',
        headers: { ...of.headers, 'content-type': 'application/x-ndjson' },
        body: lines,
      }),
    ];
    const shown = ({ receipt, problem }: { receipt?: { id: string }; problem?: { status: number; code: string } }) =>
      receipt ? receipt.id : [problem?.status, problem?.code];
    const ofBatch = (batch.json().results as object[]).map(shown);
    const ofStream = stream.body
      .trim()
      .split('\n')
      .map((line) => shown(JSON.parse(line)));
    expect(ofStream).toEqual(ofBatch); // one rule for both
    return ofBatch;
  };

  it('is the key that the header names, and its client’s own', async () => {
    const app = serverWith(new ScriptedProducer());
    const byHeader = idOf(await putAs(app, 'billing', { payload }, '"order, 1"'));
    const puts = [{ payload, idempotencyKey: 'order, 1' }, { payload }];
    expect(await manyAs(app, 'billing', puts)).toEqual([byHeader, 'generated']);
    expect((await manyAs(app, 'mail', puts))[0]).not.toBe(byHeader);
    expect(await manyAs(app, '', puts)).toEqual(['order, 1', 'generated']);
  });

  it('is 422 for another payload, and 409 while a put of it has no answer', async () => {
    const producer = new ScriptedProducer();
    producer.onPut = () => Promise.reject(new PutConflictError('fetches', 'k'));
    expect(
      await manyAs(serverWith(producer), '', [
        { payload, idempotencyKey: 'k' },
        { payload, id: 'k' },
      ]),
    ).toEqual([
      [422, 'SLUICE_KEY_REUSED'],
      [409, 'SLUICE_PUT_CONFLICT'],
    ]);
    const twice = Array.from({ length: 2 }, () => ({ payload, idempotencyKey: 'k' }));
    expect(await manyAs(serverWith(new ScriptedProducer()), '', twice)).toEqual(['k', [409, 'SLUICE_KEY_IN_PROGRESS']]);
  });

  it('is refused where it is no key, or names another job than the id', async () => {
    const puts = [
      { payload, idempotencyKey: '' },
      { payload, idempotencyKey: 'ü' },
      { payload, idempotencyKey: 'k', id: 'other' },
    ];
    const invalid = [422, 'SLUICE_BODY_INVALID'];
    expect(await manyAs(serverWith(new ScriptedProducer()), '', puts)).toEqual([invalid, invalid, invalid]);
    const single = await putAs(serverWith(new ScriptedProducer()), '', { payload, idempotencyKey: 'k' });
    expect(single.json()).toMatchObject({ status: 422, errors: [{ path: ['idempotencyKey'] }] });
  });
});
