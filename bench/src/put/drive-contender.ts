import type { Contender } from './contender.ts';
import { batchJobs, type BenchPayload, lanes, type Shape } from './put-plan.ts';

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
      for (let from = 0; from < payloads.length; from += batchJobs) {
        await contender.putBatch(payloads.slice(from, from + batchJobs));
      }
      return;
    case 'in-flight':
      return driveLanes(contender, payloads);
    default:
      throw new TypeError(`unknown shape ${String(shape satisfies never)}`);
  }
}

/** As many requests at once as there are lanes: each puts its next job when its last one is answered. */
async function driveLanes(contender: Contender, payloads: readonly BenchPayload[]): Promise<void> {
  const left = payloads.values();
  const lane = async (): Promise<void> => {
    for (const payload of left) await contender.put(payload);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
