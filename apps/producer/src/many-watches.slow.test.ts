import { readFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connectProducer } from '@sluice/queue';
import { pageDigest, shippedQueue } from '@sluice/shared';
import { isolatedRedisTest } from '@sluice/testing/vitest';
import { describe, expect, onTestFinished } from 'vitest';
import { listening, startProducer } from './testing/producer-process.ts';

const JOBS = 1_000;
const STREAMS_OF_JOBS = 500;
const STREAMS_OF_QUEUE = 500;
/** Those of them that are told of each end: their clients are read in this one process. */
const STREAMS_OF_ENDS = 50;
/** Measured: 115 MiB while 2,000 connections wait, and 157 MiB once 500 streams had been told of 1,000 ends each. */
const GROWTH_MAX_KB = 220 * 1_024;

const queue = shippedQueue({ queue: 'fetches', prefix: 'bull', capacity: 2_000, idempotencyMs: 0 });

/** A request whose answer is read as it comes. */
interface Watch {
  status: number;
  /** How many events of this kind have come. */
  count(event: string): number;
  isSent: boolean;
  isEnded: boolean;
}

function watch(url: string, agent: Agent): Watch {
  const counts = new Map<string, number>();
  const seen: Watch = { status: 0, isSent: false, isEnded: false, count: (event) => counts.get(event) ?? 0 };
  const onData = (text: string): void => {
    for (const [, event = ''] of text.matchAll(/^(?:event: (\w+)|retry: \d+)$/gm))
      counts.set(event || 'retry', (counts.get(event || 'retry') ?? 0) + 1);
  };
  const sent = request(url, { agent });
  sent.on('response', (answer: IncomingMessage) => {
    seen.status = answer.statusCode ?? 0;
    answer.setEncoding('utf8').on('data', onData);
    answer.on('close', () => (seen.isEnded = true));
  });
  sent.on('finish', () => (seen.isSent = true));
  sent.on('error', () => (seen.isEnded = true));
  sent.end();
  return seen;
}

async function rssKb(pid: number | undefined): Promise<number> {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

describe('one process', () => {
  isolatedRedisTest(
    'holds 1,000 long polls and 1,000 streams of events, and tells each of its end',
    async ({ redis }) => {
      const agent = new Agent({ maxSockets: Infinity });
      onTestFinished(() => agent.destroy());
      await using producer = await connectProducer(queue, { redis: redis.url });
      const html = 'x'.repeat(20_000);
      const receipts = await Promise.all(
        Array.from({ length: JOBS }, (_, n) => producer.put(pageDigest, { html }, { id: `job-${n}` })),
      );
      const env = {
        REDIS_URL: redis.url,
        PORT: '0',
        SLUICE_CAPACITY: '2000',
        SLUICE_WATCHES_PER_CLIENT: '2000',
        SLUICE_REQUESTS_MAX: '1100', // the polls, and those of the test
        NODE_OPTIONS: '--max-old-space-size=128',
      };
      const { child, exited, lines } = startProducer(env);
      const base = `${await listening(lines)}/v1/queues/fetches`;
      expect((await fetch(base)).status).toBe(200);
      const before = await rssKb(child.pid);

      const ofQueue = Array.from({ length: STREAMS_OF_QUEUE }, (_, n) =>
        watch(`${base}/events?jobs=${n < STREAMS_OF_ENDS}`, agent),
      );
      const ofJobs = receipts.slice(0, STREAMS_OF_JOBS).map(({ id }) => watch(`${base}/jobs/${id}/events`, agent));
      const wait = { timeout: 120_000 };
      await expect.poll(() => ofQueue.every((each) => each.count('stats') > 0), wait).toBe(true);
      await expect.poll(() => ofJobs.every((each) => each.count('job') === 1), wait).toBe(true);
      // Those that wait do not count as requests in flight: a thousand more may come at once.
      const polls = receipts.map(({ id }) => watch(`${base}/jobs/${id}?wait=60`, agent));
      await expect.poll(() => polls.every(({ isSent }) => isSent), wait).toBe(true);
      // Requests are looked up in their order: when these are answered, all polls wait.
      for (let n = 0; n < 5; n += 1) expect((await fetch(`${base}/jobs/job-0`)).status).toBe(200);
      expect((await rssKb(child.pid)) - before).toBeLessThan(GROWTH_MAX_KB);

      await Promise.all(receipts.map(({ id }) => producer.cancel(id)));
      await expect.poll(() => polls.filter(({ status }) => status === 404).length, wait).toBe(JOBS);
      await expect.poll(() => ofJobs.every((each) => each.count('end') === 1 && each.isEnded), wait).toBe(true);
      await expect
        .poll(() => ofQueue.slice(0, STREAMS_OF_ENDS).every((each) => each.count('ended') === JOBS), wait)
        .toBe(true);
      expect((await rssKb(child.pid)) - before).toBeLessThan(GROWTH_MAX_KB);

      child.kill('SIGINT');
      await expect.poll(() => ofQueue.every((each) => each.count('retry') === 1 && each.isEnded), wait).toBe(true);
      expect(await exited).toEqual([0, null]);
    },
  );
});
