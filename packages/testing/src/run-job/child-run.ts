import { encodeResult, type JobContract, OptionError } from '@sluice/queue';
import type { ChildRecord } from '@sluice/queue/testing';

/** A child of the job, as the handler of a flow's parent finds it: completed with a result, or dead for a reason. */
export type ChildRun<C extends JobContract = JobContract> =
  | { readonly job: C; readonly result: unknown; readonly id?: string; readonly dead?: undefined }
  | { readonly job: C; readonly dead: string; readonly id?: string; readonly result?: undefined };

/** @throws ResultInvalidError when a result is none of its contract; OptionError for what is no child */
export async function recordsOf(parentId: string, children: readonly ChildRun[]): Promise<ChildRecord[]> {
  return Promise.all(
    children.map(async (child, index) => {
      if (typeof child?.job?.name !== 'string') throw new OptionError('runJob: each of children must have a job');
      const { job, id = `${parentId}.${index}`, dead } = child;
      if (dead !== undefined) return { id, job: job.name, outcome: 'dead', text: dead };
      const { json } = await encodeResult(job, child.result);
      return { id, job: job.name, outcome: 'completed', text: json };
    }),
  );
}
