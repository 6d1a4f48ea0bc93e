import type { ManyProducersOptions, BurstProgramOptions } from './programs/program-options.ts';
import type { Fixture } from './fixture.ts';

export interface WorkloadOptions {
  seed: number;
  processes: number;
  /** In each process. */
  producers: number;
  putsEach: number;
  /** Only puts that wait without limit. Default false: puts of every kind. */
  waitsForEver?: boolean;
  /** Options of each process: its own proxy, or a clock that jumps. */
  each?: (index: number) => Partial<BurstProgramOptions>;
  /** Called again and again while the workload runs. */
  meanwhile?: () => Promise<void>;
}

/** Runs processes with many producers each until all have put their jobs. */
export async function workload(fixture: Fixture, options: WorkloadOptions): Promise<void> {
  const { seed, processes, producers, putsEach, waitsForEver = false, each = () => ({}), meanwhile } = options;
  const groups = Array.from({ length: processes }, (_, index): Parameters<Fixture['manyProducers']>[0][number] => {
    const group = { seed: seed * 100 + index, producers, putsEach, waitsForEver };
    return { ...group, ...each(index) } satisfies Partial<ManyProducersOptions>;
  });
  let over = false;
  const putting = fixture.manyProducers(groups).finally(() => (over = true));
  const disturbing = (async () => {
    while (meanwhile && !over) await meanwhile();
  })();
  await Promise.all([putting, disturbing]);
}
