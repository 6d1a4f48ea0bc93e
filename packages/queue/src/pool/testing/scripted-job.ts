import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineJob, type JobContract } from '../../job/contracts/job-contract.ts';
import { PermanentJobError, RetryLaterError } from '../../job/errors/index.ts';
import type { Attempt } from '../../job/handler/attempt.ts';
import { defineHandler } from '../../threads/thread/define-handler.ts';
import type { Handler } from '../../job/handler/handler.ts';

const script = z.discriminatedUnion('do', [
  /** Returns the value. */
  z.object({ do: z.literal('ok'), value: z.string().default('done') }),
  /** Returns after so long. */
  z.object({ do: z.literal('wait'), ms: z.number() }),
  z.object({ do: z.literal('fail'), message: z.string().default('failed as told') }),
  /** Fails before this attempt, then returns. */
  z.object({ do: z.literal('failUntil'), attempt: z.int() }),
  z.object({ do: z.literal('failForGood') }),
  z.object({ do: z.literal('throwString') }),
  /** Waits for the signal, then throws its reason. */
  z.object({ do: z.literal('hang') }),
  /** Waits for the signal, then returns all the same. */
  z.object({ do: z.literal('returnLate') }),
  /** Does not look at the signal until the test opens the gate; then returns. */
  z.object({ do: z.literal('ignoreSignal') }),
  /** The same, but rejects. */
  z.object({ do: z.literal('rejectLate') }),
  /** Waits for the gate, or until the signal aborts. */
  z.object({ do: z.literal('waitForGate') }),
  /** On the first attempt, blocks the event loop for so long; then returns. */
  z.object({ do: z.literal('blockOnce'), ms: z.number() }),
  /** On the first attempt, blocks the event loop until the test releases the pipe; then returns. */
  z.object({ do: z.literal('blockOnceByPipe'), pipe: z.string() }),
  z.object({ do: z.literal('retryLater'), delayMs: z.number(), attempts: z.int().default(1) }),
  z.object({ do: z.literal('wrongResult') }),
  z.object({ do: z.literal('progress'), value: z.json() }),
]);

const result = z.object({ said: z.string(), attempt: z.int() });

type ScriptedContract = JobContract<'scripted', typeof script, typeof result>;
type ScriptedAttempt = Attempt<ScriptedContract>;

export interface ScriptedJob {
  contract: ScriptedContract;
  handler: Handler<ScriptedContract>;
  /** Every run so far, in order of start. */
  runs: ScriptedAttempt[];
  /** Lets all that wait for the gate go on. */
  openGate(): void;
}

export interface ScriptedTimes {
  timeoutMs?: number;
  graceMs?: number;
  attempts?: number;
  delayMs?: number;
  version?: number;
}

/** A job whose payload says what its handler does. */
export function scriptedJob({
  timeoutMs = 5_000,
  graceMs = 200,
  attempts = 3,
  delayMs = 10,
  version = 1,
}: ScriptedTimes = {}): ScriptedJob {
  const contract = defineJob({
    name: 'scripted',
    version,
    payload: script,
    result,
    timeoutMs,
    graceMs,
    retry: { attempts, backoff: { type: 'fixed', delayMs, jitter: 0 } },
  });
  const runs: ScriptedAttempt[] = [];
  const gate = Promise.withResolvers<void>();
  const handler = defineHandler(contract, async (attempt) => {
    runs.push(attempt);
    return act(attempt, gate.promise, runs);
  });
  return { contract, handler, runs, openGate: gate.resolve };
}

async function act(
  attempt: ScriptedAttempt,
  gate: Promise<void>,
  runs: ScriptedAttempt[],
): Promise<{ said: string; attempt: number }> {
  const { payload, signal, id } = attempt;
  const say = (said: string): { said: string; attempt: number } => ({ said, attempt: attempt.attempt });
  switch (payload.do) {
    case 'ok':
      return say(payload.value);
    case 'wait':
      await sleep(payload.ms);
      return say('waited');
    case 'fail':
      throw new Error(payload.message);
    case 'failUntil':
      if (attempt.attempt < payload.attempt) throw new Error(`not before attempt ${payload.attempt}`);
      return say('at last');
    case 'failForGood':
      throw new PermanentJobError('hopeless');
    case 'throwString':
      throw 'just a string';
    case 'hang':
      return aborted(signal);
    case 'returnLate':
      await aborted(signal).catch(() => undefined);
      await sleep(5);
      return say('late');
    case 'ignoreSignal':
      await gate;
      return say('ignored');
    case 'rejectLate':
      await gate;
      throw new Error('far too late');
    case 'waitForGate':
      await Promise.race([gate, aborted(signal)]);
      return say('through');
    case 'blockOnce':
      if (attempt.attempt === 1) block(payload.ms);
      return say('unblocked');
    case 'blockOnceByPipe':
      if (attempt.attempt === 1) readFileSync(payload.pipe);
      return say('unblocked');
    case 'retryLater':
      if (runs.filter((run) => run.id === id).length <= payload.attempts)
        throw new RetryLaterError({ delayMs: payload.delayMs });
      return say('later');
    case 'wrongResult':
      return { said: 7 } as never;
    case 'progress':
      await attempt.progress(payload.value);
      return say('told');
    default:
      return payload satisfies never;
  }
}

/** Nothing else happens in this thread meanwhile. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
