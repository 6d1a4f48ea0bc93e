import { serveParent } from '../../bench-process.ts';
import type { OpenLatenessQueue } from './lateness-contender.ts';
import type { LatenessRequest } from './lateness-plan.ts';
import { LatenessRun } from './lateness-run.ts';

// The process of one contender: its queue, its worker and what adds the jobs. One clock for all.
const [name = '', socketPath = ''] = process.argv.slice(2);

async function opener(): Promise<OpenLatenessQueue> {
  if (name === 'timer') return (await import('./contenders/timer.ts')).openTimer;
  if (name === 'bullmq') return (await import('./contenders/bullmq.ts')).openBullmq;
  if (name === 'sluice') return (await import('./contenders/sluice.ts')).openSluice;
  throw new Error(`no such contender: ${name}`);
}

const open = await opener();
serveParent(async (request: LatenessRequest): Promise<readonly number[]> => {
  const run = new LatenessRun();
  await run.open(open, socketPath);
  try {
    return await run.measure(request);
  } finally {
    await run.close();
  }
});
