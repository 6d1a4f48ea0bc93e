import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../bench-process.ts';
import { payloadOf } from '../put/put-plan.ts';
import type { GroupPayload, ProducerSide } from './group-contender.ts';

/**
 * At what pace a producer puts: a number of puts in flight, a number of puts a second, the same with each put's time told from
 * when it was due, or one at a time with pauses of a random length.
 */
export type Pace =
  | { readonly kind: 'in-flight'; readonly puts: number }
  | { readonly kind: 'steady'; readonly perSecond: number }
  | { readonly kind: 'open-loop'; readonly perSecond: number }
  | { readonly kind: 'now-and-then'; readonly pauseMs: readonly [least: number, most: number] };

/** Puts as many jobs as are wanted, at that pace. Resolves when Redis has the last one. */
export async function driveProducer(producer: ProducerSide, jobs: number, pace: Pace): Promise<void> {
  switch (pace.kind) {
    case 'in-flight':
      return keepInFlight(producer, jobs, pace.puts);
    case 'steady':
      return driveSteadily(producer, jobs, pace.perSecond);
    case 'open-loop':
      return driveSteadily(producer, jobs, pace.perSecond, (n, startMs) => ({
        ...payloadOf('small', n),
        calledAtMs: startMs + (n * 1_000) / pace.perSecond,
      }));
    case 'now-and-then':
      return driveNowAndThen(producer, jobs, pace.pauseMs);
    default:
      throw new TypeError(`unknown pace ${String(pace satisfies never)}`);
  }
}

const callOf = (n: number): GroupPayload => ({ ...payloadOf('small', n), calledAtMs: monotonicMs() });

async function keepInFlight(producer: ProducerSide, jobs: number, puts: number): Promise<void> {
  let next = 0;
  const putRest = async (): Promise<void> => {
    while (next < jobs) await producer.put(callOf(next++));
  };
  await Promise.all(Array.from({ length: puts }, putRest));
}

/** By the clock, whether or not earlier puts are answered: a slow queue does not make the load lighter. */
async function driveSteadily(
  producer: ProducerSide,
  jobs: number,
  perSecond: number,
  payload: (n: number, startMs: number) => GroupPayload = callOf,
): Promise<void> {
  const startMs = monotonicMs();
  const puts: Promise<unknown>[] = [];
  while (puts.length < jobs) {
    const due = Math.min(jobs, Math.floor(((monotonicMs() - startMs) * perSecond) / 1_000) + 1);
    while (puts.length < due) puts.push(producer.put(payload(puts.length, startMs)));
    await sleep(1);
  }
  await Promise.all(puts);
}

async function driveNowAndThen(
  producer: ProducerSide,
  jobs: number,
  [least, most]: readonly [number, number],
): Promise<void> {
  for (let n = 0; n < jobs; n += 1) {
    await producer.put(callOf(n));
    await sleep(least + Math.random() * (most - least));
  }
}
