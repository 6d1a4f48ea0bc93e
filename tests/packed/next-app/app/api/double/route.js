import { connectProducer } from '@sluice/queue';
import { env } from 'node:process';
import { block, double, numbers, where } from '../../../jobs.js';

// One for the process, connected by the first request that needs it.
let connected;

export async function POST() {
  connected ??= connectProducer(numbers, { redis: env.REDIS_URL });
  const producer = await connected;
  const receipts = await Promise.all(Array.from({ length: 20 }, (_, n) => producer.put(double, { n })));
  const results = await Promise.all(receipts.map((receipt) => producer.result(receipt)));
  const { runs } = await producer.result(await producer.put(block, { ms: 2_500 }));
  const { isMainThread } = await producer.result(await producer.put(where, {}));
  return Response.json({ sum: results.reduce((sum, { n }) => sum + n, 0), runsOfBlocked: runs, isMainThread });
}
