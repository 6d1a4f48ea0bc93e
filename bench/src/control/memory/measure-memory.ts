import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';

export type MemorySide = 'bullmq' | 'sluice';

/** In MiB. */
export interface WorkerMemory {
  readonly idle: number;
  readonly atWork: number;
}

const MIB = 1_048_576;
const BULK = 1_000;
const TIME_LIMIT_MS = 60_000;
const program = fileURLToPath(new URL('worker-program.mjs', import.meta.url));

/**
 * Starts a worker in a process of its own, from what was built, and gives it as many plain jobs.
 *
 * @throws Error when it ends or hangs, as when nothing was built
 */
export async function measureMemory(
  side: MemorySide,
  { path, jobs }: { path: string; jobs: number },
): Promise<WorkerMemory> {
  const child = spawn(process.execPath, [program, side, path, String(jobs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: TIME_LIMIT_MS,
  });
  const ended = once(child, 'exit');
  const said: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(Number(line) / MIB);
    if (said.length === 1) await addJobs(side, { path, jobs });
  }
  await ended;
  const [idle, atWork] = said;
  if (idle === undefined || atWork === undefined) throw new Error(`the worker of ${side} ended: run "npm run build"`);
  return { idle, atWork };
}

async function addJobs(side: MemorySide, { path, jobs }: { path: string; jobs: number }): Promise<void> {
  const queue = new Queue(side === 'bullmq' ? 'memory' : '{memory}', { connection: { path } });
  const bulk = Array.from({ length: BULK }, (_, n) => ({ name: 'email.send', data: { n, note: 'x'.repeat(100) } }));
  for (let added = 0; added < jobs; added += BULK) await queue.addBulk(bulk);
  await queue.close();
}
