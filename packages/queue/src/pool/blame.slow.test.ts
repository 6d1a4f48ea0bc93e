import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { killWorker } from '@sluice/testing';
import { describe, expect, vi } from 'vitest';
import { defineQueue } from '../job/contracts/queue-policy.ts';
import { connectProducer } from '../put/connect-producer.ts';
import { type Ending, endings, poisonJob } from './testing/poison-job.ts';
import { poolTest as test } from './testing/pool-test.ts';

const program = fileURLToPath(new URL('testing/poison-worker.ts', import.meta.url));
const execArgv = ['-C', '@sluice/source', '--max-old-space-size=96'];

/** A worker process that is started again whenever it ends, as by an orchestrator. */
class RestartedWorker implements AsyncDisposable {
  ends = 0;
  readonly #args: readonly string[];
  #child: ChildProcess;
  #stopped = false;

  constructor(...args: string[]) {
    this.#args = args;
    this.#child = this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await killWorker(this.#child);
  }

  /** As an orchestrator that scales in, and does not wait long enough. */
  async terminate(untilItDrains: () => Promise<void>): Promise<void> {
    const child = this.#child;
    child.kill('SIGTERM');
    await untilItDrains();
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  #start(): ChildProcess {
    const child = fork(program, this.#args, { execArgv, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    void once(child, 'exit').then(() => {
      if (this.#stopped) return;
      this.ends += 1;
      this.#child = this.#start();
    });
    return child;
  }
}

describe('of the jobs in a process that ends', () => {
  test.for(endings)('by %s, only the one that ended it is dead', async (how: Ending, { redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [poisonJob], capacity: 100, prefix });
    await using producer = await connectProducer(queue, { redis: redis.url });
    const put = (id: string, ends: Ending | null) => producer.put(poisonJob, { ends, ms: 300 }, { id });
    const receipts = [await put('healthy-1', null), await put('healthy-2', null), await put('guilty', how)];
    receipts.push(await put('healthy-3', null));
    await using worker = new RestartedWorker(redis.url, prefix, queueName, '4');
    const ended = await Promise.all(receipts.map((receipt) => producer.outcome(receipt, { waitMs: 120_000 })));
    const outcomes = ended.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['completed', 'completed', 'dead', 'completed']);
    expect(ended[2]).toMatchObject({ error: { code: 'SLUICE_JOB_CRASHED' } });
    // Once all four, once two of them, and four times alone. Under load a start may end before its jobs are looked at.
    expect(worker.ends).toBeLessThanOrEqual(8);
  });
});

describe('a job that had its process to itself', () => {
  test('is not blamed when an orchestrator kills its worker in a drain', async ({ redis, prefix, queueName }) => {
    const queue = defineQueue({ name: queueName, jobs: [poisonJob], capacity: 100, prefix });
    const client = await redis.client();
    const key = (type: string): string => `${prefix}:{${queueName}}:${type}`;
    await using producer = await connectProducer(queue, { redis: redis.url });
    const receipt = await producer.put(poisonJob, { ends: null, ms: 2_000 });
    await using worker = new RestartedWorker(redis.url, prefix, queueName, '1');
    await vi.waitFor(async () => expect(await client.llen(key('active'))).toBe(1), { timeout: 10_000 });
    await worker.terminate(() =>
      vi.waitFor(async () => {
        expect((await client.zrange(key('sluice:last-heartbeats'), 0, '-1')).join()).toMatch(/ drains$/);
      }),
    );
    expect(await producer.outcome(receipt, { waitMs: 20_000 })).toMatchObject({ outcome: 'completed' });
    expect(await client.hget(key(receipt.id), 'stc')).toBeNull();
  });
});
