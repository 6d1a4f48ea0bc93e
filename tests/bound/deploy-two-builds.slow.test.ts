import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Admin, connectAdmin } from '@sluice/queue';
import { startTestServer } from '@sluice/testing';
import { expect, test } from 'vitest';

type BuildName = 'old' | 'new';

/** A process of one build, under load until it is stopped. */
class Deployed {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>) {
    this.#process = child;
    this.#lines = lines;
  }

  static async start(redis: string, build: BuildName, what = 'put and work'): Promise<Deployed> {
    const program = fileURLToPath(new URL('./deploy-program.ts', import.meta.url));
    const child = spawn(process.execPath, ['-C', '@sluice/source', program, redis, build, what], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('started');
    return new Deployed(child, lines);
  }

  /** @returns how many jobs it has put */
  async stop(): Promise<number> {
    this.#process.kill('SIGTERM');
    const { value } = await this.#lines.next();
    if (this.#process.exitCode === null) await once(this.#process, 'exit');
    expect(this.#process.exitCode).toBe(0);
    return Number(/^put (\d+)$/.exec(String(value))?.[1]);
  }
}

/** Resolves when `count` more jobs have ended, so that both builds have had some. */
async function afterMore(admin: Admin, count: number): Promise<void> {
  const { completed } = await admin.stats();
  await expect.poll(async () => (await admin.stats()).completed).toBeGreaterThan(completed + count);
}

test.for<[BuildName, BuildName]>([
  ['old', 'new'],
  ['new', 'old'],
])('a deployment from the %s to the %s build and back loses and fails nothing', async ([first, second]) => {
  await using server = await startTestServer();
  await using admin = await connectAdmin({ name: 'deploy' }, { redis: server.url });
  let put = 0;
  let running = await Deployed.start(server.url, first);
  await afterMore(admin, 100);
  for (const next of [second, first, 'new'] as const) {
    const other = await Deployed.start(server.url, next); // both are there for a while
    await afterMore(admin, 100);
    put += await running.stop();
    await afterMore(admin, 50);
    running = other;
  }
  const limits = await admin.limits.get();
  const { capacity } = await admin.stats();
  // One definition owns both: never the capacity of one build with the limits of the other.
  expect([capacity, limits.running, limits.jobs['deploy.step']?.running]).toEqual(
    capacity === 60 ? [60, 8, 6] : [30, null, 3],
  );
  put += await running.stop();
  const last = await Deployed.start(server.url, 'new', 'work'); // what the old build could not run, too
  await expect.poll(async () => (await admin.stats()).depth).toBe(0);
  await last.stop();
  expect(await admin.stats()).toMatchObject({ completed: put, dead: 0, unserved: 0 });
});
