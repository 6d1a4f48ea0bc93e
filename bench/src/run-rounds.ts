import type { Pinning } from './cpu-pinning.ts';

export interface RoundsOptions {
  /** Rounds that count, 1 to 100. One more goes before them as a warm-up. */
  readonly rounds: number;
  /** No further round is begunMs that would not be done by then. */
  readonly timeLimitMs: number;
}

export interface BenchHooks {
  /** Told about each step, for people. */
  readonly onProgress: (line: string) => void;
  /** Ends the bench; it rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** How this process is pinned to CPUs, for the Redis that it starts. Absent when that was not tried. */
  readonly pinning?: Pinning;
}

export interface Rounds<Sample> {
  /** How many counted. */
  readonly rounds: number;
  readonly samples: readonly Sample[];
}

/** Runs rounds one after another. The first warms up and is not counted. Ends early when time runs out. */
export async function runRounds<Sample>(
  options: RoundsOptions,
  { onProgress }: Pick<BenchHooks, 'onProgress'>,
  runRound: () => Promise<readonly Sample[]>,
): Promise<Rounds<Sample>> {
  const startMs = performance.now();
  const samples: Sample[] = [];
  let rounds = 0;
  let longestMs = 0;
  for (let round = 0; round <= options.rounds; round += 1) {
    const begunMs = performance.now();
    if (rounds > 0 && begunMs - startMs + longestMs > options.timeLimitMs) {
      onProgress(`time is up after ${rounds} of ${options.rounds} rounds`);
      break;
    }
    onProgress(round === 0 ? 'warm-up' : `round ${round} of ${options.rounds}`);
    const measured = await runRound();
    if (round > 0) {
      samples.push(...measured);
      rounds += 1;
    }
    longestMs = Math.max(longestMs, performance.now() - begunMs);
  }
  return { rounds, samples };
}
