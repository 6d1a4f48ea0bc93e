import { costOf, type ProcessCost } from '../bench-process.ts';
import type { Contender } from './contender.ts';
import { BATCH_JOBS, type BenchPayload, payloadOf, type PayloadSize, PUTS_IN_FLIGHT, type Shape } from './put-plan.ts';

/** What a contender's process is told to do: one measured run. */
export interface RunOrder {
  readonly shape: Shape;
  readonly payload: PayloadSize;
  readonly jobs: number;
}

/** Has a contender put the jobs of one run. Rejects when a put was refused. */
export function measureRun(contender: Contender, { shape, payload, jobs }: RunOrder): Promise<ProcessCost> {
  const payloads = Array.from({ length: jobs }, (_, n) => payloadOf(payload, n));
  return costOf(() => driveContender(contender, shape, payloads));
}

/** Brings all payloads into the queue in one of the shapes. Resolves when Redis has the last one. */
export async function driveContender(
  contender: Contender,
  shape: Shape,
  payloads: readonly BenchPayload[],
): Promise<void> {
  switch (shape) {
    case 'one-at-a-time':
      for (const payload of payloads) await contender.put(payload);
      return;
    case 'batches':
      for (let from = 0; from < payloads.length; from += BATCH_JOBS) {
        await contender.putBatch(payloads.slice(from, from + BATCH_JOBS));
      }
      return;
    case 'in-flight':
      return keepInFlight(contender, payloads);
    default:
      throw new TypeError(`unknown shape ${String(shape satisfies never)}`);
  }
}

/** A fixed number of requests at once: each puts its next job when its last one is answered. */
async function keepInFlight(contender: Contender, payloads: readonly BenchPayload[]): Promise<void> {
  const left = payloads.values();
  const putRest = async (): Promise<void> => {
    for (const payload of left) await contender.put(payload);
  };
  await Promise.all(Array.from({ length: PUTS_IN_FLIGHT }, putRest));
}
