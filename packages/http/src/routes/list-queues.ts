import type { Admin, QueueStats, RedisState } from '@sluice/queue';
import type { FastifyInstance } from 'fastify';
import { isOpenTo } from '../auth/authenticate.ts';
import { needs } from '../auth/verbs.ts';
import { readWorkers } from './read-workers.ts';
import type { ServedQueue, ServedQueues } from './served-queues.ts';
import { queuesAnswer } from '../openapi/answers/queue-answers.ts';

/** What is unusual about a queue. */
type QueueSign =
  | 'sealed'
  | 'paused'
  | 'full'
  | 'over'
  | 'unserved'
  | 'no-worker'
  | 'limited'
  | 'memory'
  | 'two-versions';

/** Puts are refused from 0.95 on, as `memoryWatermark` of a producer says. */
const MEMORY_SHARE_NEAR = 0.9;

/** `GET /v1/queues`: every queue that the client may use, with its numbers, who waits longest, and what is unusual about it. */
export function listQueuesRoute(app: FastifyInstance, { queues }: { queues: ServedQueues }): void {
  app.get(
    '/v1/queues',
    needs('read', { doc: { summary: 'List the queues, with how full each is', answer: queuesAnswer } }),
    async (request) => {
      const open = queues.all().filter(({ queue }) => isOpenTo(request, queue.name));
      const administered = open.find(({ admin }) => admin !== undefined);
      // Those with an administration are on one Redis.
      const isShort = administered?.admin ? isShortOfMemory(await administered.admin.redis()) : false;
      return { queues: await Promise.all(open.map((served) => describeQueue(served, isShort))) };
    },
  );
}

async function describeQueue({ queue, producer, admin }: ServedQueue, isShort: boolean): Promise<object> {
  const [stats, more] = await Promise.all([producer.stats(), admin ? readMoreSigns(admin, isShort) : []]);
  const mayWait = stats.waiters.producers > 0;
  const first = mayWait && admin ? (await admin.waiters({ limit: 1 })).waiters[0] : undefined;
  return {
    queue: queue.name,
    jobs: queue.jobs.map(({ name }) => name),
    ...stats,
    longestWaitMs: first?.waitedMs ?? null,
    signs: [...signsOf(stats), ...more],
  };
}

/** What only its administration knows. */
async function readMoreSigns(admin: Admin, isShort: boolean): Promise<QueueSign[]> {
  const { isLimited, versions } = await readWorkers(admin);
  return those([
    ['limited', isLimited],
    ['memory', isShort],
    ['two-versions', versions.length > 0],
  ]);
}

function isShortOfMemory({ usedBytes, maxBytes }: RedisState): boolean {
  return usedBytes !== null && maxBytes !== null && usedBytes / maxBytes >= MEMORY_SHARE_NEAR;
}

function signsOf({ sealed, paused, depth, capacity, over, unserved, pools, waiting }: QueueStats): QueueSign[] {
  return those([
    ['sealed', sealed],
    ['paused', paused],
    ['full', depth >= capacity],
    ['over', over > 0],
    ['unserved', unserved > 0],
    // Plain Workers of BullMQ are not seen: then something runs.
    ['no-worker', pools === 0 && waiting > 0],
  ]);
}

function those(signs: readonly (readonly [QueueSign, boolean])[]): QueueSign[] {
  return signs.flatMap(([sign, holds]) => (holds ? [sign] : []));
}
