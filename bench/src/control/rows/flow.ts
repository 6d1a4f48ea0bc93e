import { socketUrl } from '@sluice/local-redis';
import { connectProducer, createBoundedBackend, defineJob, defineQueue, flow } from '@sluice/queue';
import { type BackendFactory, createRedisBackend, FlowProducer, type RedisQueueBackend } from 'bullmq';
import { z } from 'zod';
import { AMPLE_CAPACITY } from '../../put/contender.ts';
import { payloadOf } from '../../put/put-plan.ts';
import type { ControlBench, ControlFigure, ControlRow } from '../control-row.ts';
import { compareRedisCost } from '../redis-cost.ts';

const FLOWS = 100;
const CHILDREN = 10;

/** A parent with ten children, put whole: by `putFlow`, and by BullMQ's `FlowProducer` on our backend and on its own. */
export const flowRow: ControlRow = { name: 'flow', title: 'A flow of ten children', measure };

const part = defineJob({ name: 'bench', payload: z.object({ url: z.string(), note: z.string() }), result: z.null() });
const queue = defineQueue({ name: 'flow', jobs: [part], capacity: AMPLE_CAPACITY });

async function measure({ redis, rounds, signal }: ControlBench): Promise<readonly ControlFigure[]> {
  await using plain = await openFlows(redis.socketPath, createRedisBackend);
  await using bounded = await openFlows(redis.socketPath, createBoundedBackend({ capacity: AMPLE_CAPACITY }));
  await using ours = await openOurs(redis.socketPath);
  const cost = await compareRedisCost({ meter: redis.meter, rounds, signal }, { ours, bounded, plain });
  const unit = 'Redis µs/job';
  const comparedWith = { what: "BullMQ's FlowProducer", measured: cost.plain };
  return [
    { what: 'putFlow', unit, measured: cost.ours, comparedWith },
    { what: "BullMQ's FlowProducer on our backend", unit, measured: cost.bounded, comparedWith },
  ];
}

async function openOurs(path: string): Promise<Flows> {
  const producer = await connectProducer(queue, { redis: socketUrl(path) });
  return {
    jobs: FLOWS * (CHILDREN + 1),
    run: async () => {
      for (let n = 0; n < FLOWS; n += 1) {
        const payload = payloadOf('small', n);
        await producer.putFlow(
          flow(part, payload, { children: Array.from({ length: CHILDREN }, () => flow(part, payload)) }),
        );
      }
    },
    [Symbol.asyncDispose]: () => producer.close(),
  };
}

interface Flows extends AsyncDisposable {
  readonly jobs: number;
  run(): Promise<void>;
}

async function openFlows(path: string, backend: BackendFactory<RedisQueueBackend>): Promise<Flows> {
  const producer = new FlowProducer({ connection: { path, enableOfflineQueue: false } }, backend);
  await producer.waitUntilReady();
  return {
    jobs: FLOWS * (CHILDREN + 1),
    run: async () => {
      for (let n = 0; n < FLOWS; n += 1) {
        const children = Array.from({ length: CHILDREN }, () => job(n));
        await producer.add({ ...job(n), children });
      }
    },
    [Symbol.asyncDispose]: () => producer.close(),
  };
}

function job(n: number): { name: string; queueName: string; data: object } {
  return { name: 'bench', queueName: 'flow', data: payloadOf('small', n) };
}
