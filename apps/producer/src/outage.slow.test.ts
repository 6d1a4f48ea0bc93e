import type { ChildProcess } from 'node:child_process';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { isolatedRedisTest } from '@sluice/testing/vitest';
import { describe, expect } from 'vitest';
import { listening, startProducer } from './testing/producer-process.ts';

// Far less than 256 MiB of heap: what node would take by itself in such a container, and the bodies are outside of it.
const NODE_OPTIONS = '--max-old-space-size=128';

/** Of an answer, or why there was none. */
type Status = number | string;

function putInto(base: string, html: string, headers: Record<string, string> = {}): Promise<Status> {
  const body = JSON.stringify({ job: 'page.digest', payload: { html } });
  const { promise, resolve: end } = Promise.withResolvers<Status>();
  const sent = request(`${base}/v1/queues/fetches/jobs`, {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json', 'content-length': body.length, ...headers },
  });
  sent.on('response', (answer) => answer.resume().on('end', () => end(answer.statusCode ?? 0)));
  sent.on('error', (error) => end(error.message));
  sent.end(body);
  return promise;
}

const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

function countOf(answers: readonly Status[]): Record<string, number> {
  const byStatus = Map.groupBy(answers, (status) => status);
  return Object.fromEntries([...byStatus].map(([status, those]) => [status, those.length]));
}

/** It still runs, and ends as it is told. */
async function endOf(child: ChildProcess, exited: Promise<unknown[]>): Promise<void> {
  agent.destroy();
  child.kill('SIGINT');
  expect(await exited).toEqual([0, null]);
}

describe('an outage of Redis', () => {
  isolatedRedisTest('does not let the service grow, and each put is answered', async ({ redis, server }) => {
    const { child, exited, lines } = startProducer({ REDIS_URL: redis.url, PORT: '0', NODE_OPTIONS });
    const base = await listening(lines);
    expect(await putInto(base, 'first')).toBe(202);
    await server.suspend();
    const puts: Promise<Status>[] = [];
    // 200 puts/s of 20 KB, for longer than a put waits.
    for (let tick = 0; tick < 100; tick += 1) {
      for (let n = 0; n < 20; n += 1) puts.push(putInto(base, 'x'.repeat(20_000)));
      await sleep(100);
    }
    const answers = await Promise.all(puts);
    await server.resume();
    expect(countOf(answers)).toEqual({ 503: 2_000 });
    await expect.poll(() => putInto(base, 'last')).toBe(202);
    await endOf(child, exited);
  });
});

describe('a full queue', () => {
  isolatedRedisTest('is waited for by as many large bodies as there is memory for', async ({ redis }) => {
    const env = { REDIS_URL: redis.url, PORT: '0', SLUICE_CAPACITY: '1', NODE_OPTIONS };
    const { child, exited, lines } = startProducer(env);
    const base = await listening(lines);
    await putInto(base, 'first');
    const html = 'x'.repeat(250 * 1_024);
    const answers = await Promise.all(Array.from({ length: 400 }, () => putInto(base, html, { prefer: 'wait=3' })));
    const { 429: waited = 0, 503: refused = 0 } = countOf(answers);
    expect(waited + refused, JSON.stringify(countOf(answers))).toBe(400);
    expect(waited).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(0);
    await endOf(child, exited);
  });
});
