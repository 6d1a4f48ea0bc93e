import type { CrowdProgramOptions, GustProgramOptions } from './programs/program-options.ts';
import type { Stage } from './stage.ts';

export interface StormOptions {
  seed: number;
  processes: number;
  /** In each process. */
  producers: number;
  putsEach: number;
  /** Only puts that wait as long as it takes. Default false: of every kind. */
  patient?: boolean;
  /** What a process has of its own: another wire, a clock that jumps. */
  each?: (index: number) => Partial<GustProgramOptions>;
  /** Happens again and again for as long as the storm lasts. */
  meanwhile?: () => Promise<void>;
}

/** Lets processes full of producers put for as long as they have something to put. */
export async function storm(stage: Stage, options: StormOptions): Promise<void> {
  const { seed, processes, producers, putsEach, patient = false, each = () => ({}), meanwhile } = options;
  const crowds = Array.from({ length: processes }, (_, index): Parameters<Stage['crowd']>[0][number] => {
    const crowd = { seed: seed * 100 + index, producers, putsEach, patient };
    return { ...crowd, ...each(index) } satisfies Partial<CrowdProgramOptions>;
  });
  let over = false;
  const putting = stage.crowd(crowds).finally(() => (over = true));
  const disturbing = (async () => {
    while (meanwhile && !over) await meanwhile();
  })();
  await Promise.all([putting, disturbing]);
}
