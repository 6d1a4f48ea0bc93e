import { QueueFullError } from '@sluice/queue/contracts';
import { silentLogger } from '@sluice/queue/logging';
import { expect, it } from 'vitest';
import { buildServer } from '../build-server.ts';
import { payload } from '../testing/post-job.ts';
import { flowReceiptOf, receiptOf, ScriptedProducer, scriptedQueue } from '../testing/scripted-producer.ts';

const full = new QueueFullError({ queue: 'fetches', depth: 50, capacity: 50, retryAfterMs: 9_000, reason: 'capacity' });

function serverOf(producer: ScriptedProducer, waitersPerClient: number) {
  const app = buildServer({ producers: [scriptedQueue(producer)], logger: silentLogger(), waitersPerClient });
  return (remoteAddress: string, prefer = 'wait=9', path = 'jobs') =>
    app.inject({
      method: 'POST',
      url: `/v1/queues/fetches/${path}`,
      remoteAddress,
      headers: { prefer },
      body: { job: 'http.fetch', payload },
    });
}

it('one client cannot take all places in which puts wait for capacity', async () => {
  const producer = new ScriptedProducer();
  const capacity = Promise.withResolvers<void>();
  producer.onPut = ({ method }) =>
    method === 'put' ? capacity.promise.then(() => receiptOf({})) : Promise.reject(full);
  producer.onPutFlow = () => Promise.reject(full);
  const put = serverOf(producer, 2);
  const waiting = [put('10.0.0.1'), put('10.0.0.1')];
  await expect.poll(() => producer.seen.length).toBe(2);

  const refused = await put('10.0.0.1');
  expect(refused.json()).toMatchObject({ status: 429, code: 'SLUICE_WAITER_SHARE', queue: 'fetches' });
  expect(refused.headers).toMatchObject({ 'retry-after': '1' });
  expect(refused.headers).not.toHaveProperty('preference-applied');
  expect((await put('10.0.0.1', 'wait=9', 'flows')).json()).toMatchObject({ code: 'SLUICE_WAITER_SHARE' });
  expect((await put('10.0.0.1', 'wait=0')).json()).toMatchObject({ code: 'SLUICE_QUEUE_FULL' });

  const other = put('10.0.0.2');
  await expect.poll(() => producer.seen.filter(({ method }) => method === 'put').length).toBe(3);
  capacity.resolve();
  expect((await Promise.all([...waiting, other])).map(({ statusCode }) => statusCode)).toEqual([202, 202, 202]);
  expect((await put('10.0.0.1')).headers['preference-applied']).toBe('wait=9');
});

it('what is over the share of a client is added where there is capacity', async () => {
  const producer = new ScriptedProducer();
  const capacity = Promise.withResolvers<void>();
  producer.onPut = ({ method }) => (method === 'put' ? capacity.promise : Promise.resolve()).then(() => receiptOf({}));
  producer.onPutFlow = async (flow) => flowReceiptOf(flow);
  const put = serverOf(producer, 1);
  const waiting = put('10.0.0.1');
  await expect.poll(() => producer.seen.length).toBe(1);
  expect((await put('10.0.0.1')).statusCode).toBe(202);
  expect((await put('10.0.0.1', 'wait=9', 'flows')).statusCode).toBe(202);
  capacity.resolve();
  await waiting;
});

it('no put waits for more than a minute, whatever the service allows', async () => {
  const producer = new ScriptedProducer();
  const app = buildServer({ producers: [scriptedQueue(producer)], logger: silentLogger(), waitMaxMs: 600_000 });
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/queues/fetches/jobs',
    headers: { prefer: 'wait=300' },
    body: { payload },
  });
  expect(answer.headers['preference-applied']).toBe('wait=60');
  expect(producer.seen).toMatchObject([{ options: { waitMs: 60_000 } }]);
});
