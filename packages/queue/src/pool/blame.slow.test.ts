import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { killWorker } from '@sluice/testing';
import { describe, expect } from 'vitest';
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
