// Two small queues that feed each other. No handler puts: each returns what is to follow, and a loop outside puts that once the
// job has ended. So nobody holds capacity of one queue while waiting for the other.
import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

const ball = z.object({ name: z.string(), hits: z.int() });
const ping = defineJob({ name: 'ping', payload: ball, result: ball });
const pong = defineJob({ name: 'pong', payload: ball, result: ball });
const pings = defineQueue({ name: 'pings', jobs: [ping], capacity: 2 });
const pongs = defineQueue({ name: 'pongs', jobs: [pong], capacity: 2 });
type Ball = z.infer<typeof ball>;
const hit = ({ name, hits }: Ball): Ball => ({ name, hits: hits + 1 });

await using redis = await startLocalRedis();
await using left = createWorkerPool(
  pings,
  { ping: defineHandler(ping, ({ payload }) => hit(payload)) },
  { redis: redis.url, concurrency: 1 },
);
await using right = createWorkerPool(
  pongs,
  { pong: defineHandler(pong, ({ payload }) => hit(payload)) },
  { redis: redis.url, concurrency: 1 },
);
await Promise.all([left.start(), right.start()]);
await using pingProducer = await connectProducer(pings, { redis: redis.url });
await using pongProducer = await connectProducer(pongs, { redis: redis.url });

/** Puts each ball into one queue after the other, whenever its last job has ended. */
async function play(start: Ball): Promise<Ball> {
  let now = start;
  while (now.hits < 4) {
    const sent = await pingProducer.put(ping, now, { id: `${now.name}.${now.hits}` });
    const back = await pingProducer.result(sent);
    const returned = await pongProducer.put(pong, back, { id: `${back.name}.${back.hits}` });
    now = await pongProducer.result(returned);
  }
  return now;
}

const balls = Array.from({ length: 10 }, (_, n) => ({ name: `ball ${n}`, hits: 0 }));
const played = await Promise.all(balls.map(play));
console.log(`${played.length} balls, ${played.reduce((sum, { hits }) => sum + hits, 0)} hits`);
