import type { ManyProducersOptions, BurstProgramOptions } from './programs/program-options.ts';
import type { Fixture } from './fixture.ts';

export interface WorkloadOptions {
  seed: number;
  processes: number;
  /** In each process. */
  producers: number;
  putsEach: number;
  /** Only puts that wait as long as it takes. Default false: of every kind. */
  patient?: boolean;
  /** What a process has of its own: another wire, a clock that jumps. */
  each?: (index: number) => Partial<BurstProgramOptions>;
  /** Happens again and again for as long as the workload lasts. */
  meanwhile?: () => Promise<void>;
}

/** Lets processes full of producers put for as long as they have something to put. */
export async function workload(fixture: Fixture, options: WorkloadOptions): Promise<void> {
  const { seed, processes, producers, putsEach, patient = false, each = () => ({}), meanwhile } = options;
  const groups = Array.from({ length: processes }, (_, index): Parameters<Fixture['manyProducers']>[0][number] => {
    const group = { seed: seed * 100 + index, producers, putsEach, patient };
    return { ...group, ...each(index) } satisfies Partial<ManyProducersOptions>;
  });
  let over = false;
  const putting = fixture.manyProducers(groups).finally(() => (over = true));
  const disturbing = (async () => {
    while (meanwhile && !over) await meanwhile();
  })();
  await Promise.all([putting, disturbing]);
}
