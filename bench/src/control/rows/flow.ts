import { createBoundedBackend } from '@sluice/queue';
import { type BackendFactory, createRedisBackend, FlowProducer, type RedisQueueBackend } from 'bullmq';
import { AMPLE_CAPACITY } from '../../put/contender.ts';
import { payloadOf } from '../../put/put-plan.ts';
import type { ControlBench, ControlFigure, ControlRow } from '../control-row.ts';
import { compareRedisCost } from '../redis-cost.ts';

const FLOWS = 100;
const CHILDREN = 10;

/** A parent with ten children, put whole: BullMQ's `FlowProducer`, on its own backend and on ours with a capacity. */
export const flowRow: ControlRow = { name: 'flow', title: 'A flow of ten children', measure };

async function measure({ redis, rounds, signal }: ControlBench): Promise<readonly ControlFigure[]> {
  await using plain = await openFlows(redis.socketPath, createRedisBackend);
  await using bounded = await openFlows(redis.socketPath, createBoundedBackend({ capacity: AMPLE_CAPACITY }));
  const cost = await compareRedisCost({ meter: redis.meter, rounds, signal }, { bounded, plain });
  const comparedWith = { what: 'on its own backend', measured: cost.plain };
  return [{ what: "BullMQ's FlowProducer on our backend", unit: 'Redis µs/job', measured: cost.bounded, comparedWith }];
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
