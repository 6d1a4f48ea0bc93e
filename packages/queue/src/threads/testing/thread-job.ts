import { z } from 'zod';
import { defineJob, type JobContract } from '../../job/contracts/job-contract.ts';

const script = z.discriminatedUnion('do', [
  /** Returns what it got, and whether it knows that it serves a queue. */
  z.object({
    do: z.literal('tell'),
    at: z
      .string()
      .default('http://pages.test')
      .transform((text) => new URL(text)),
    from: z.object({ prefix: z.string(), name: z.string() }).default({ prefix: '', name: '' }),
  }),
  /** Waits for the signal, and tells why it was aborted. */
  z.object({ do: z.literal('hang') }),
  /** Burns CPU, looks at the signal, and tells why it was aborted. */
  z.object({ do: z.literal('spinUntilAborted'), how: z.enum(['aborted', 'throwIfAborted']).default('aborted') }),
  /** Burns CPU and looks at nothing. */
  z.object({ do: z.literal('spin') }),
  z.object({ do: z.literal('neverSettle') }),
  /** Opens a named pipe, in native code that nothing interrupts, which returns when the test opens the other end. */
  z.object({ do: z.literal('stayNative'), pipe: z.string() }),
  z.object({ do: z.literal('allocate'), what: z.enum(['objects', 'map', 'string', 'buffers']) }),
  z.object({ do: z.literal('exit'), code: z.int() }),
  z.object({ do: z.literal('uncaught') }),
  /** Returns, and rejects afterwards where nothing waits. */
  z.object({ do: z.literal('rejectAfterwards') }),
  z.object({
    do: z.literal('throw'),
    what: z.enum(['string', 'undefined', 'function', 'hostile', 'withFunction', 'coded', 'permanent', 'retryLater']),
  }),
  z.object({ do: z.literal('return'), what: z.enum(['function', 'cyclic', 'wrong', 'tooLarge', 'date']) }),
  z.object({ do: z.literal('progress'), value: z.json() }),
  z.object({ do: z.literal('progressTooLarge') }),
  z.object({ do: z.literal('progressWithoutEnd') }),
  /** Logs lines; waits for the pool after every so many, unless that is 0. */
  z.object({ do: z.literal('log'), lines: z.int(), waitEvery: z.int().default(0) }),
]);

const result = z.object({ said: z.json(), threadId: z.int() });

export type ThreadContract = JobContract<'threaded', typeof script, typeof result>;

/** A job whose payload says what its handler does in its thread. */
export const threadJob: ThreadContract = defineJob({
  name: 'threaded',
  payload: script,
  result,
  timeoutMs: 10_000,
  graceMs: 400,
  retry: { attempts: 1 },
});

/** The threads of tests run the sources, too. */
export const fromSources = ['--conditions=@sluice/source'];
