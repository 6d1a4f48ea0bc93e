import { startLocalRedis } from '@sluice/local-redis';
import { connectProducer, createWorkerPool, inThread, defineQueue } from '@sluice/queue';
import { countPrimes } from './primes-contract.ts';

const queue = defineQueue({ name: 'numbers', jobs: [countPrimes], capacity: 100 });
const handler = inThread(countPrimes, import.meta.resolve('./primes-handler.ts'));

await using redis = await startLocalRedis(); // or the URL of yours
await using pool = createWorkerPool(queue, { 'primes.count': handler }, { redis: redis.url, concurrency: 2 });
pool.on('terminated', () => console.log('a thread was ended: its handler did not look at the signal'));
await pool.start();
await using producer = await connectProducer(queue, { redis: redis.url });

const count = (upTo: number, checksSignal: boolean) => producer.put(countPrimes, { upTo, checksSignal });

// What burns CPU in a thread holds up nobody: this timer goes on meanwhile.
let ticks = 0;
const timer = setInterval(() => (ticks += 1), 10);
const { primes } = await producer.result(await count(100_000, true));
console.log(`${primes} primes up to 100,000`);

// Far too much work: one handler stops by itself at its deadline, the other is stopped. Both have timed out.
for (const checksSignal of [true, false]) {
  const ended = await producer.outcome(await count(1e15, checksSignal));
  console.log(ended.outcome === 'completed' ? 'completed' : `${ended.outcome}: ${ended.error.message}`);
}
clearInterval(timer);
console.log(ticks > 50 ? 'the main loop turned all the time' : 'the main loop was blocked');
