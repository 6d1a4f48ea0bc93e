import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { socketUrl } from '@sluice/local-redis';
import { connectAdmin, connectProducer } from '@sluice/queue';
import { monotonicMs } from '../../bench-process.ts';
import { maybePoison, poisonQueue, type PoisonPoolOptions } from './poison-jobs.ts';

export interface FoundPoison {
  /** How often the worker ended until the job was a dead letter. */
  readonly crashes: number;
  /** Innocent jobs that did not complete. */
  readonly lost: number;
  readonly seconds: number;
}

/**
 * Puts one job that ends its process between innocent ones, and restarts a worker that runs them all at once whenever it ends, until
 * every job has ended.
 */
export async function findPoison(socketPath: string, innocent: number, signal: AbortSignal): Promise<FoundPoison> {
  const queue = poisonQueue(`poison-${innocent}-${Math.round(monotonicMs())}`);
  const redis = socketUrl(socketPath);
  await using producer = await connectProducer(queue, { redis });
  await using admin = await connectAdmin(queue, { redis });
  const payloads = Array.from({ length: innocent + 1 }, (_, at) => ({ isPoison: at === Math.floor(innocent / 2) }));
  for await (const _ of producer.putMany(maybePoison, payloads));
  const beganAtMs = monotonicMs();
  const restarted = new RestartedWorker({ socketPath, queueName: queue.name, slots: innocent + 1 });
  try {
    await producer.join({ signal });
    const { completed } = await admin.stats();
    return { crashes: restarted.ends, lost: innocent - completed, seconds: (monotonicMs() - beganAtMs) / 1_000 };
  } finally {
    await restarted.stop();
  }
}

/** A worker process that is started again whenever it ends, as by an orchestrator. */
class RestartedWorker {
  ends = 0;
  readonly #options: PoisonPoolOptions;
  #child: ChildProcess;
  #isStopped = false;

  constructor(options: PoisonPoolOptions) {
    this.#options = options;
    this.#child = this.#start();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #start(): ChildProcess {
    const program = fileURLToPath(new URL('poison-program.ts', import.meta.url));
    const child = fork(program, [JSON.stringify(this.#options)], {
      execArgv: ['-C', '@sluice/source'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.once('exit', () => {
      if (this.#isStopped) return;
      this.ends += 1;
      this.#child = this.#start();
    });
    return child;
  }
}
