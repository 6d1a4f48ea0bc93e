import type { AddressInfo } from 'node:net';
import { Queue } from 'bullmq';
import { fastify } from 'fastify';
import { JOB_NAME } from '../../put/contender.ts';
import { jobOptions } from '../../put/contenders/bullmq.ts';
import type { BenchPayload } from '../../put/put-plan.ts';
import type { OpenHttpContender } from './known-contenders.ts';

/** What one writes first: a route that adds the body's payload with BullMQ's `Queue.add`. It checks and bounds nothing. */
export const openBareRoute: OpenHttpContender = async (socketPath, log) => {
  const connection = { path: socketPath, enableOfflineQueue: false };
  const queue = new Queue<BenchPayload, unknown, string>('http', { connection, defaultJobOptions: jobOptions });
  await queue.waitUntilReady();
  const app = fastify({ logger: log === 'request log' });
  app.post<{ Body: { payload: BenchPayload } }>('/jobs', async (request, reply) => {
    const { id } = await queue.add(JOB_NAME, request.body.payload);
    return reply.code(202).send({ id });
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { port: (app.server.address() as AddressInfo).port };
};
