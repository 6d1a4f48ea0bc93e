import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer } from '@sluice/queue';
import { greet, greetings } from '@sluice-app/shared';

// `npm start`: one job from the put to its result, with a worker process and a Redis. REDIS_URL names the Redis to use; without it a
// private one is started, and is gone at the end.

const given = process.env['REDIS_URL'];
const redis = given ? { url: given, stop: async () => undefined } : await startLocalRedis();
console.log(given ? 'using the Redis of REDIS_URL' : 'started a private Redis');

const producer = await connectProducer(greetings, { redis: redis.url });
const worker = spawn(process.execPath, ['apps/worker/src/main.ts'], {
  cwd: new URL('..', import.meta.url),
  env: { ...process.env, REDIS_URL: redis.url, SLUICE_LOG_LEVEL: process.env['SLUICE_LOG_LEVEL'] ?? 'warn' },
  stdio: ['ignore', 'inherit', 'inherit'],
});
const ended = once(worker, 'exit');

try {
  const receipt = await producer.put(greet, { name: 'world' });
  console.log(`put     ${receipt.job} ${receipt.id}: ${receipt.depth} of ${receipt.capacity} jobs in the queue`);
  const workerGone = ended.then(([code]) => Promise.reject(new Error(`the worker ended with ${code}`)));
  const { text } = await Promise.race([producer.result(receipt), workerGone]);
  console.log(`result  ${text}`);
  console.log(`
It works. Next:
  npm test                                    run the tests, on a real Redis
  packages/shared/src/greet.ts                change the job: its payload and its result
  apps/worker/src/handlers/greet.ts           change what is done
  docker compose up --build                   Redis, the HTTP service and three workers`);
} finally {
  await producer.close();
  worker.kill('SIGTERM');
  await ended;
  await redis.stop();
}
