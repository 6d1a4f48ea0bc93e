import { z } from 'zod';
import { defineJob } from '../../job/contracts/job-contract.ts';

export const endings = ['exit', 'uncaught error', 'no memory', 'kill -9'] as const;
export type Ending = (typeof endings)[number];

/** Runs for so long, unless it ends its process. */
export const poisonJob = defineJob({
  name: 'poison',
  payload: z.object({ ends: z.enum(endings).nullable(), ms: z.number() }),
  result: z.null(),
  timeoutMs: 60_000,
});

/** Resolves never, as a rule. */
export function endProcess(how: Ending): Promise<void> {
  switch (how) {
    case 'exit':
      process.exit(1);
      break;
    case 'uncaught error':
      setImmediate(() => {
        throw new Error('nobody catches this');
      });
      break;
    case 'no memory':
      exhaustMemory();
      break;
    case 'kill -9':
      process.kill(process.pid, 'SIGKILL');
      break;
    default:
      how satisfies never;
  }
  return new Promise(() => undefined);
}

/** Soon, under the small heap that such workers get. */
function exhaustMemory(): void {
  const held: number[][] = [];
  for (;;) held.push(Array.from({ length: 100_000 }, (_, index) => index + 0.5));
}
