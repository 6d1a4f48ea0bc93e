// A user's contracts, queue and handlers, and one job of each through Redis. What the compiler must infer is written as `same<…>(true)`.
import { connectProducer, createWorkerPool, defineHandler, defineJob, defineQueue } from '@sluice/queue';
import { z } from 'zod';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(equal: Same<A, B>): boolean => equal;

export const countWords = defineJob({
  name: 'words.count',
  payload: z.object({ text: z.string(), times: z.string().transform(Number) }),
  result: z.object({ words: z.number() }),
  timeoutMs: 5_000,
});
const noteWord = defineJob({ name: 'words.note', payload: z.string(), result: z.void(), timeoutMs: 5_000 });

export const words = defineQueue({ name: 'words', jobs: [countWords, noteWord], capacity: 100 });

export const handlers = {
  'words.count': defineHandler(countWords, async ({ payload }) => {
    same<typeof payload, { text: string; times: number }>(true);
    return { words: payload.text.split(' ').length * payload.times };
  }),
  'words.note': defineHandler(noteWord, async ({ payload }) => {
    same<typeof payload, string>(true);
  }),
};

/** Puts a job, runs it, and gives its result. */
export async function countOnce(redis: string): Promise<number> {
  await using pool = createWorkerPool(words, handlers, { redis, concurrency: 2 });
  await pool.start();
  await using producer = await connectProducer(words, { redis });
  const result = await producer.result(await producer.put(countWords, { text: 'to be or not', times: '2' }));
  same<typeof result, { words: number }>(true);
  return result.words;
}
