import { readFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connectProducer, createWorkerPool, defineHandler } from '@sluice/queue';
import { pageDigest, shippedQueue } from '@sluice/shared';
import { isolatedRedisTest } from '@sluice/testing/vitest';
import { describe, expect, onTestFinished } from 'vitest';
import { listening, startProducer } from './testing/producer-process.ts';

const JOBS = 1_000;
const STREAMS_OF_JOBS = 500;
const STREAMS_OF_QUEUE = 500;
/** Those of them that are told of each end: their clients are read in this one process. */
const STREAMS_OF_ENDS = 50;
/** What docs/http-api.md says that the service fits into. */
const SERVICE_MAX_KB = 256 * 1_024;
/** All of its kinds of memory as node sizes them by itself in a container of that much. */
const NODE_OPTIONS = '--max-heap-size=128';
/** 120 KiB each: together far more than the service may have. */
const result = {
  title: null,
  description: null,
  language: null,
  words: 0,
  links: Array.from({ length: 60 }, (_, n) => `http://example.test/${n}/${'x'.repeat(2_000)}`),
  linkCount: 60,
};

const queue = shippedQueue({ queue: 'fetches', prefix: 'bull', capacity: 2_000, idempotencyMs: 0 });

/** A request whose answer is read as it comes. */
interface Watch {
  status: number;
  /** How many events of this kind have come. */
  count(event: string): number;
  isSent: boolean;
  isEnded: boolean;
  bytes: number;
}

function watch(url: string, agent: Agent): Watch {
  const counts = new Map<string, number>();
  const seen: Watch = { status: 0, isSent: false, isEnded: false, bytes: 0, count: (event) => counts.get(event) ?? 0 };
  const onData = (text: string): void => {
    seen.bytes += text.length;
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

/** Looks at it ten times a second. @returns what ends that, with the most that was seen */
function followRss(pid: number | undefined): () => Promise<number> {
  let most = 0;
  const look = async (): Promise<void> => {
    most = Math.max(most, await rssKb(pid));
  };
  const timer = setInterval(() => void look().catch(() => undefined), 100);
  onTestFinished(() => clearInterval(timer));
  return async () => {
    clearInterval(timer);
    await look();
    return most;
  };
}

describe('one process', () => {
  isolatedRedisTest(
    'holds 1,000 long polls and 1,000 streams of events, and shows each its end, within 256 MiB',
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
        NODE_OPTIONS,
      };
      const { child, exited, lines } = startProducer(env);
      const base = `${await listening(lines)}/v1/queues/fetches`;
      expect((await fetch(base)).status).toBe(200);

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
      expect(await rssKb(child.pid)).toBeLessThan(SERVICE_MAX_KB);

      const mostKb = followRss(child.pid);
      const digest = defineHandler(pageDigest, () => result);
      const only = { ...queue, jobs: [pageDigest] as const };
      await using pool = createWorkerPool(only, { 'page.digest': digest }, { redis: redis.url, concurrency: 100 });
      await pool.start();
      await expect.poll(() => polls.filter(({ isEnded }) => isEnded).length, wait).toBe(JOBS);
      expect(polls.filter(({ status, bytes }) => status === 200 && bytes > 120_000).length).toBe(JOBS);
      await expect.poll(() => ofJobs.every((each) => each.count('end') === 1 && each.isEnded), wait).toBe(true);
      await expect
        .poll(() => ofQueue.slice(0, STREAMS_OF_ENDS).every((each) => each.count('ended') === JOBS), wait)
        .toBe(true);
      expect(await mostKb()).toBeLessThan(SERVICE_MAX_KB);

      child.kill('SIGINT');
      await expect.poll(() => ofQueue.every((each) => each.count('retry') === 1 && each.isEnded), wait).toBe(true);
      expect(await exited).toEqual([0, null]);
    },
  );
});
