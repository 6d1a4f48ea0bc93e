import { PGlite } from '@electric-sql/pglite';
import { startLocalRedis } from '@sluice/local-redis';
import {
  connectProducer,
  createWorkerPool,
  defineBatchHandler,
  defineJob,
  defineQueue,
  type Payload,
} from '@sluice/queue';
import { z } from 'zod';

const saveReading = defineJob({
  name: 'reading.save',
  payload: z.object({ id: z.int(), celsius: z.number() }),
  result: z.void(),
  retry: { attempts: 1 },
});
const queue = defineQueue({ name: 'readings', jobs: [saveReading], capacity: 1_000 });
type Reading = Payload<typeof saveReading>;

await using database = await PGlite.create(); // Postgres in this process; with a server, the same two statements
await database.exec('CREATE TABLE readings (id int PRIMARY KEY, celsius float NOT NULL CHECK (celsius > -273.15))');
let statements = 0;

/** Inserts all by one statement. A job may run twice, so a row that is there is none of a fault. */
async function insert(readings: readonly Reading[]): Promise<void> {
  statements += 1;
  await database.query('INSERT INTO readings SELECT * FROM unnest($1::int[], $2::float[]) ON CONFLICT DO NOTHING', [
    readings.map(({ id }) => id),
    readings.map(({ celsius }) => celsius),
  ]);
}

/** @returns for each reading, in their order, the error that it alone is to blame for. A statement that fails is tried by halves. */
async function save(readings: readonly Reading[]): Promise<(Error | undefined)[]> {
  try {
    await insert(readings);
    return readings.map(() => undefined);
  } catch (error) {
    if (readings.length === 1) return [error as Error];
    const half = readings.length / 2;
    return [...(await save(readings.slice(0, half))), ...(await save(readings.slice(half)))];
  }
}

// A hundred jobs in one call; each has its own lease, deadline and outcome.
const handler = defineBatchHandler(saveReading, { size: 100, waitMs: 50 }, (attempts) =>
  save(attempts.map(({ payload }) => payload)),
);

await using redis = await startLocalRedis(); // or the URL of yours
await using producer = await connectProducer(queue, { redis: redis.url });
await using pool = createWorkerPool(queue, { 'reading.save': handler }, { redis: redis.url, concurrency: 200 });
pool.on('dead', ({ message }) => console.log(`one job failed: ${message}`));
await pool.start();

const readings = Array.from({ length: 10_000 }, (_, id) => ({ id, celsius: id === 4_242 ? -300 : 20 + (id % 10) }));
let put = 0;
for await (const _receipt of producer.putMany(saveReading, readings)) put += 1; // waits whenever the queue is full
await pool.runUntilIdle({ idleMs: 200 });

const { rows: counted } = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM readings');
console.log(`${counted[0]?.count} rows in ${statements} statements, for ${put} jobs`);
