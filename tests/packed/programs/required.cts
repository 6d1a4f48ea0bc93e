import local = require('@sluice/local-redis');
import queue = require('@sluice/queue');
import contracts = require('@sluice/queue/contracts');
import service = require('@sluice/service');
import testing = require('@sluice/testing');
import zod = require('zod');

const double = contracts.defineJob({
  name: 'double',
  payload: zod.z.object({ n: zod.z.number() }),
  result: zod.z.number(),
  timeoutMs: 5_000,
});
const numbers = queue.defineQueue({ name: 'numbers', jobs: [double], capacity: 100 });
const handler = queue.defineHandler(double, ({ payload }) => payload.n * 2);

async function main(redis: string): Promise<void> {
  await using pool = queue.createWorkerPool(numbers, { double: handler }, { redis, concurrency: 2 });
  await pool.start();
  await using producer = await queue.connectProducer(numbers, { redis });
  const result = await producer.result(await producer.put(double, { n: 4 }));
  console.log(result.toFixed(), typeof local.startLocalRedis, typeof service.parseConfig, typeof testing.pauseRedis);
}

void main(process.argv[2] ?? '');
