import { spreadOf } from '../../statistics.ts';
import type { ControlBench, ControlFigure, ControlRow } from '../control-row.ts';
import { measureMemory, type MemorySide, type WorkerMemory } from '../memory/measure-memory.ts';

const JOBS = 10_000;
const sides = ['bullmq', 'sluice'] as const satisfies readonly MemorySide[];

/** What a worker process of 100 slots holds while it waits for its first job, and after many, as a user runs it. */
export const memoryRow: ControlRow = { name: 'memory', title: 'Memory of a worker process', measure };

async function measure({ redis, rounds, signal, onProgress }: ControlBench): Promise<readonly ControlFigure[]> {
  const held: Record<MemorySide, WorkerMemory[]> = { bullmq: [], sluice: [] };
  for (let round = 0; round < rounds; round += 1) {
    onProgress(`round ${round + 1} of ${rounds}`);
    for (const side of sides) {
      signal.throwIfAborted();
      await redis.meter.empty();
      held[side].push(await measureMemory(side, { path: redis.socketPath, jobs: JOBS }));
    }
  }
  const of = (when: keyof WorkerMemory, what: string): ControlFigure => ({
    what,
    unit: 'MiB',
    measured: spreadOf(held.sluice.map((each) => each[when])),
    comparedWith: { what: 'BullMQ', measured: spreadOf(held.bullmq.map((each) => each[when])) },
  });
  return [of('idle', 'before its first job'), of('atWork', `after ${JOBS.toLocaleString('en-US')} jobs`)];
}
