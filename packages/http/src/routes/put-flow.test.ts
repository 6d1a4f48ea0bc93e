import {
  DefinitionError,
  defineQueue,
  PutConflictError,
  QueueClosedError,
  QueueFullError,
  RedisUnavailableError,
} from '@sluice/queue/contracts';
import { fetchUrl } from '@sluice/shared';
import { describe, expect, it } from 'vitest';
import { payload, post } from '../testing/post-job.ts';
import { flowReceiptOf, ScriptedProducer } from '../testing/scripted-producer.ts';

const job = 'http.fetch';
const one = { job, payload };
const two = { ...one, id: 'a', children: [{ ...one, id: 'b', whenDead: 'ignore' }] };
const flows = 'flows' as const;

function refusingFlows(error: Error): ScriptedProducer {
  const producer = new ScriptedProducer();
  producer.onPutFlow = () => Promise.reject(error);
  return producer;
}

describe('a flow over HTTP', () => {
  it('answers 202 with the receipts of all jobs, and the place of its root', async () => {
    const producer = new ScriptedProducer();
    const answer = await post(producer, { path: flows, body: two });
    expect(answer.statusCode).toBe(202);
    expect(answer.headers.location).toBe('/v1/queues/fetches/jobs/a');
    const receipt = { queue: 'fetches', job, status: 'created', depth: 1, capacity: 50, waitedMs: 0 };
    expect(answer.json()).toEqual({ ...receipt, id: 'a', children: [{ ...receipt, id: 'b', children: [] }] });
    expect(producer.seenFlows).toMatchObject([
      {
        flow: {
          job: fetchUrl,
          payload,
          options: { id: 'a', children: [{ options: { id: 'b', whenDead: 'ignore' } }] },
        },
        options: { whenFull: 'reject', signal: expect.any(AbortSignal) },
      },
    ]);
  });

  it('answers 200 when it was there, and takes the id of its root from the Idempotency-Key', async () => {
    const producer = new ScriptedProducer();
    producer.onPutFlow = async (flow) => ({ ...flowReceiptOf(flow), status: 'duplicate' });
    const headers = { 'idempotency-key': 'k' };
    const answer = await post(producer, { path: flows, body: one, headers });
    expect([answer.statusCode, answer.json().id]).toEqual([200, 'k']);
    expect((await post(producer, { path: flows, body: two, headers })).statusCode).toBe(400);
  });

  it('waits for capacity only when the client prefers so, and as long as the service allows', async () => {
    const producer = new ScriptedProducer();
    const answer = await post(producer, { path: flows, body: one, headers: { prefer: 'wait=3600' } });
    expect(answer.headers['preference-applied']).toBe('wait=20');
    expect(producer.seenFlows[0]?.options).toEqual({ waitMs: 20_000, signal: expect.any(AbortSignal) });
    const definition = defineQueue({ name: 'fetches', jobs: [fetchUrl], capacity: 50, whenFull: 'reject' });
    const never = await post(producer, { path: flows, body: one, headers: { prefer: 'wait=5' }, definition });
    expect(never.headers).not.toHaveProperty('preference-applied');
  });

  it.each([
    ['a payload', { ...one, children: [one, { ...one, payload: {} }] }, ['children', 1, 'payload', 'url']],
    ['a name', { ...one, children: [{ ...one, job: 'no' }] }, ['children', 0, 'job']],
    ['a queue that is not served', { ...one, children: [{ ...one, queue: 'no' }] }, ['children', 0, 'queue']],
    ['an option', { ...one, children: [{ ...one, prority: 1 }] }, ['children', 0, 'prority']],
    ['an id that no URL can hold', { ...one, children: [{ ...one, id: '..' }] }, ['children', 0, 'id']],
  ])('is 422 with the path of the job when %s in it is wrong', async (_, body, path) => {
    const producer = new ScriptedProducer();
    const answer = await post(producer, { path: flows, body });
    expect(answer.json()).toMatchObject({ status: 422, code: 'SLUICE_FLOW_INVALID', errors: [{ path }] });
    expect(producer.seenFlows).toEqual([]);
  });

  it('is 422 where a number in it would be rounded', async () => {
    const body = `{"job":"${job}","payload":{},"children":[{"job":"${job}","payload":{"n":9007199254740993}}]}`;
    const headers = { 'content-type': 'application/json' };
    const answer = await post(new ScriptedProducer(), { path: flows, body, headers });
    expect(answer.json()).toMatchObject({ status: 422, errors: [{ path: ['children', 0, 'payload', 'n'] }] });
  });

  const full = { queue: 'fetches', depth: 50, capacity: 50, retryAfterMs: 1_200 };
  it.each([
    [409, { jobId: 'b' }, new PutConflictError('fetches', 'b')],
    [429, { reason: 'never-fits' }, new QueueFullError({ ...full, reason: 'never-fits' })],
    [503, { code: 'SLUICE_QUEUE_CLOSED' }, new QueueClosedError('fetches', 'it is sealed')],
    [503, { code: 'SLUICE_REDIS_UNAVAILABLE' }, new RedisUnavailableError('redis.internal:6379')],
    [422, { detail: 'on a cluster' }, new DefinitionError('on a cluster')],
  ])('is %i with %j when the producer says so', async (status, more, error) => {
    expect((await post(refusingFlows(error), { path: flows, body: two })).json()).toMatchObject({ status, ...more });
  });

  it('is 404 for a queue that is not served', async () => {
    expect((await post(new ScriptedProducer(), { path: flows, body: one, queue: 'no' })).statusCode).toBe(404);
  });
});
