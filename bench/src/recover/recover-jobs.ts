import { defineJob, defineQueue } from '@sluice/queue/contracts';
import { z } from 'zod';

/** Never ends by itself: its worker is killed while it runs. */
export const endless = defineJob({ name: 'bench.endless', payload: z.null(), result: z.null() });
export const endlessQueue = defineQueue({ name: 'recover', jobs: [endless], capacity: 1_000 });

/** A handler that hangs: it ignores its signal and never settles. Tried once. */
export const hung = defineJob({
  name: 'bench.hung',
  payload: z.null(),
  result: z.null(),
  timeoutMs: 200,
  graceMs: 100,
  retry: { attempts: 1 },
});
export const hungQueue = defineQueue({ name: 'hung', jobs: [hung], capacity: 10_000 });

/** What a process with a pool is started with. */
export interface PoolOptions {
  readonly socketPath: string;
  readonly slots: number;
}

/** Is answered once this many handlers have started since the process began. */
export interface ExpectStarted {
  readonly started: number;
}

export interface Started {
  readonly id: string;
  /** {@link monotonicMs} */
  readonly atMs: number;
}
