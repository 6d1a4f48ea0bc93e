import {
  defineJob,
  defineQueue,
  JobIdInvalidError,
  PayloadInvalidError,
  PutConflictError,
  PutUnknownError,
  QueueClosedError,
  RedisUnavailableError,
  TooLargeError,
} from '@sluice/queue/contracts';
import { silentLogger } from '@sluice/queue/logging';
import { fetchUrl } from '@sluice/shared';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ScriptedProducer, scriptedQueue } from '../testing/scripted-producer.ts';
import { BODY_MAX_BYTES } from '../requests/load-limit.ts';
import { buildServer } from '../build-server.ts';
import { payload, post, refusing } from '../testing/post-job.ts';

describe('a body that is no put', () => {
  it('is refused with every path at once, unknown keys too', async () => {
    const answer = await post(new ScriptedProducer(), {
      body: { payload, prority: 1, delayMs: -1, id: 7 },
    });
    expect(answer.statusCode).toBe(422);
    const paths = answer.json().errors.map((issue: { path: string[] }) => issue.path);
    expect(paths.toSorted()).toEqual([['delayMs'], ['id'], ['prority']]);
  });

  it.each([[[]], ['"text"'], ['7'], ['null']])('is refused when it is no object: %s', async (body) => {
    const answer = await post(new ScriptedProducer(), {
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.statusCode).toBe(422);
    expect(answer.json().errors).toMatchObject([{ path: [] }]);
  });

  it('is refused when the timeout is above what the contract allows', async () => {
    const answer = await post(new ScriptedProducer(), {
      body: { payload, timeoutMs: fetchUrl.timeoutMaxMs + 1 },
    });
    expect(answer.json()).toMatchObject({ status: 422, errors: [{ path: ['timeoutMs'] }] });
  });

  it.each(['.', '..'])('is refused with the id %s, which no URL can hold', async (id) => {
    expect((await post(new ScriptedProducer(), { body: { payload, id } })).json()).toMatchObject({
      status: 422,
      errors: [{ path: ['id'] }],
    });
  });

  it('is 400 when it is broken JSON', async () => {
    const answer = await post(new ScriptedProducer(), {
      body: '{"payload":',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.json()).toMatchObject({ type: 'about:blank', title: 'Bad Request', status: 400 });
  });

  it('is 413 when it is too large to be read', async () => {
    const body = { payload: { url: 'x'.repeat(BODY_MAX_BYTES) } };
    expect((await post(new ScriptedProducer(), { body })).json()).toMatchObject({ status: 413 });
  });

  it('is 415 when it is no JSON', async () => {
    const answer = await post(new ScriptedProducer(), {
      body: 'url=x',
      headers: { 'content-type': 'text/plain' },
    });
    expect(answer.json()).toMatchObject({ status: 415 });
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});

describe('what the producer refuses', () => {
  it('is 422 with the path from the root of the body when the payload is wrong', async () => {
    const answer = await post(
      refusing(new PayloadInvalidError('http.fetch', [{ path: ['url'], message: 'expected string' }])),
    );
    expect(answer.json()).toMatchObject({
      status: 422,
      job: 'http.fetch',
      errors: [{ path: ['payload', 'url'], message: 'expected string' }],
    });
  });

  it.each([
    [409, { jobId: 'a' }, new PutConflictError('fetches', 'a')],
    [413, { bytes: 300_000, maxBytes: 262_144 }, new TooLargeError('payload', 300_000, 262_144)],
    [422, { code: 'SLUICE_JOB_ID_INVALID' }, new JobIdInvalidError('empty')],
    [503, { code: 'SLUICE_QUEUE_CLOSED' }, new QueueClosedError('fetches', 'it is sealed')],
  ])('is %i with %j when the producer says so', async (status, more, error) => {
    expect((await post(refusing(error))).json()).toMatchObject({ status, ...more });
  });

  it('is 503 when Redis is away, and names no host', async () => {
    const answer = await post(refusing(new RedisUnavailableError('redis.internal:6379')));
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.body).not.toContain('redis.internal');
  });

  it('says that the job may be there when the answer was lost', async () => {
    const answer = await post(refusing(new PutUnknownError('fetches', 'a')));
    expect(answer.json()).toMatchObject({ status: 503, maybeAdded: true, jobId: 'a' });
    expect(answer.headers['retry-after']).toBe('5');
  });

  it('is 500 without its cause when no rule foresaw it', async () => {
    const answer = await post(refusing(new TypeError('secret at /srv/app/x.ts')));
    expect(answer.statusCode).toBe(500);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.body).not.toContain('secret');
  });
});

describe('what is not here', () => {
  it('is 404 for a queue that is not served, and for a job that the queue does not list', async () => {
    expect((await post(new ScriptedProducer(), { queue: 'letters' })).json()).toMatchObject({
      status: 404,
      code: 'SLUICE_UNKNOWN_QUEUE',
    });
    expect((await post(new ScriptedProducer(), { body: { job: 'no.such', payload } })).json()).toMatchObject({
      status: 404,
      code: 'SLUICE_UNKNOWN_JOB',
    });
  });

  it('is the name of the job, when the queue has several', async () => {
    const other = defineJob({ name: 'other', payload: z.object({}), result: z.object({}) });
    const queue = defineQueue({ name: 'two', jobs: [fetchUrl, other], capacity: 5 });
    const server = buildServer({
      producers: [scriptedQueue(new ScriptedProducer(), queue)],
      logger: silentLogger(),
    });
    const answer = await server.inject({
      method: 'POST',
      url: '/v1/queues/two/jobs',
      body: { payload },
    });
    expect(answer.json()).toMatchObject({
      status: 422,
      errors: [{ path: ['job'], message: 'must be one of http.fetch, other' }],
    });
  });
});
