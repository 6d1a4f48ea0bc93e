import { producerDefaults } from '../../job/defaults.ts';

/** Removes at most this many jobs in one call of BullMQ's script. @returns their ids */
type Clean = (most: number) => Promise<string[]>;

const STEP = producerDefaults.callMaxJobs;

/** Removes jobs in steps, where BullMQ would remove up to 10,000 in one call. @param limit 0 for all */
export async function cleanInSteps(clean: Clean, limit: number): Promise<string[]> {
  const most = limit > 0 ? limit : Infinity;
  const cleaned: string[] = [];
  while (cleaned.length < most) {
    const step = Math.min(most - cleaned.length, STEP);
    const ids = await clean(step);
    for (const id of ids) cleaned.push(id);
    if (ids.length < step) break;
  }
  return cleaned;
}

/** Removes jobs in steps until one step is left, or nothing more can be removed. */
export async function shrinkToOneStep(size: () => Promise<number>, clean: Clean): Promise<void> {
  while ((await size()) > STEP) {
    if ((await clean(STEP)).length === 0) return;
  }
}
