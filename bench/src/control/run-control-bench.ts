import { describeMachine } from '../machine.ts';
import { BenchRedis } from '../redis-meter.ts';
import type { BenchHooks } from '../run-rounds.ts';
import { type ControlReport, controlSection } from './control-report.ts';
import type { ControlRow } from './control-row.ts';

export interface ControlBenchOptions {
  readonly rows: readonly ControlRow[];
  /** How often each row repeats what it compares, 1 to 100. */
  readonly rounds: number;
  /** Smaller sizes, in the rows that have several. */
  readonly quick?: boolean;
}

export const controlBenchDefaults = { rounds: 5 };

/** What the operator's side of a queue costs, row after row, each on a private Redis. Rows without a measurement are left out. */
export async function* runControlBench(
  { rows, rounds, quick = false }: ControlBenchOptions,
  hooks: BenchHooks,
): AsyncGenerator<ControlReport, void, undefined> {
  const { onProgress, signal } = hooks;
  for (const { name, title, measure } of rows) {
    if (!measure) continue;
    signal.throwIfAborted();
    onProgress(name);
    await using redis = await BenchRedis.start(hooks);
    const machine = describeMachine(await redis.meter.version(), hooks.pinning);
    const figures = await measure({ redis, rounds, quick, onProgress, signal });
    yield { bench: controlSection(name), title, takenAt: new Date().toISOString(), machine, rounds, figures };
  }
}
