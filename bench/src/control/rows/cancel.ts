import { type Admin, connectAdmin, connectProducer, defineJob, defineQueue } from '@sluice/queue';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { spreadOf } from '../../statistics.ts';
import type { ControlBench, ControlFigure, ControlRow } from '../control-row.ts';

const WAITING = 1_000_000;
const STEP = 10_000;
const job = defineJob({ name: 'email.send', payload: z.object({ n: z.int() }), result: z.void() });
const queue = defineQueue({ name: 'cancels', jobs: [job], capacity: 2 * WAITING });

/** One cancel each of the oldest, of the newest and of one in the middle of a million waiting jobs; BullMQ's remove of the oldest. */
export const cancelRow: ControlRow = {
  name: 'cancel',
  title: 'Cancelling the oldest of a million waiting jobs',
  measure,
};

async function measure({ redis, rounds, onProgress, signal }: ControlBench): Promise<readonly ControlFigure[]> {
  const connection = { path: redis.socketPath };
  const plain = new Queue('{cancels}', { connection });
  await using admin = await connectAdmin(queue, { redis: connection });
  const costs = { oldest: [] as number[], newest: [] as number[], middle: [] as number[], plain: [] as number[] };
  const costMs = async (act: () => Promise<unknown>): Promise<number> => {
    const before = await redis.meter.cpuUs();
    await act();
    return ((await redis.meter.cpuUs()) - before) / 1_000;
  };
  for (let round = 0; round < rounds; round += 1) {
    signal.throwIfAborted();
    onProgress(`round ${round + 1} of ${rounds}`);
    await redis.meter.empty();
    await fill(connection);
    await cancel(admin, 'warms'); // the script is known from here on
    costs.oldest.push(await costMs(() => cancel(admin, 'oldest')));
    costs.newest.push(await costMs(() => cancel(admin, 'newest')));
    costs.middle.push(await costMs(() => cancel(admin, 'middle')));
    costs.plain.push(await costMs(() => plain.remove('k.plain')));
  }
  await plain.close();
  const comparedWith = { what: 'BullMQ’s remove of the oldest', measured: spreadOf(costs.plain) };
  const unit = 'Redis ms';
  return [
    { what: 'the oldest', unit, measured: spreadOf(costs.oldest), comparedWith },
    { what: 'the newest', unit, measured: spreadOf(costs.newest), comparedWith },
    { what: 'one in the middle', unit, measured: spreadOf(costs.middle), comparedWith },
  ];
}

async function cancel(admin: Admin, id: string): Promise<void> {
  const outcome = await admin.cancel(id);
  if (outcome !== 'removed') throw new Error(`${id} was not removed: ${outcome}`);
}

/** The jobs that are cancelled are whole; of the others only the ids are there. */
async function fill(connection: { path: string }): Promise<void> {
  const client = new Redis(connection);
  await using producer = await connectProducer(queue, { redis: connection });
  const put = (id: string): Promise<unknown> => producer.put(job, { n: 1 }, { id });
  for (const id of ['plain', 'oldest']) await put(id);
  await pushIds(client, 0);
  await put('middle');
  await pushIds(client, WAITING / 2);
  for (const id of ['newest', 'warms']) await put(id);
  client.disconnect();
}

async function pushIds(client: Redis, from: number): Promise<void> {
  for (let at = from; at < from + WAITING / 2; at += STEP) {
    await client.lpush(
      'bull:{cancels}:wait',
      ...Array.from({ length: STEP }, (_, n) => `k.order-${String(at + n).padStart(12, '0')}`),
    );
  }
}
