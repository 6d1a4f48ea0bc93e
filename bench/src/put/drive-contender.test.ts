import { describe, expect, it } from 'vitest';
import type { Contender } from './contender.ts';
import { driveContender } from './drive-contender.ts';
import { type BenchPayload, payloadOf } from './put-plan.ts';

const payloads = Array.from({ length: 2_500 }, (_, n) => payloadOf('small', n));

/** Remembers what it was given, and how many puts were under way at once. */
class WatchedContender implements Contender {
  readonly puts: BenchPayload[] = [];
  readonly batches: number[] = [];
  mostAtOnce = 0;
  #now = 0;

  async put(payload: BenchPayload): Promise<void> {
    this.#now += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#now);
    await new Promise((resolve) => setImmediate(resolve));
    this.puts.push(payload);
    this.#now -= 1;
  }

  async putBatch(batch: readonly BenchPayload[]): Promise<void> {
    this.batches.push(batch.length);
    this.puts.push(...batch);
  }

  async close(): Promise<void> {}
}

describe('a contender is driven', () => {
  it('one at a time: the next put is made when the last one is answered', async () => {
    const contender = new WatchedContender();
    await driveContender(contender, 'one-at-a-time', payloads);
    expect(contender.puts).toEqual(payloads);
    expect(contender.mostAtOnce).toBe(1);
  });

  it('in batches of 1,000 and a last one with what is left', async () => {
    const contender = new WatchedContender();
    await driveContender(contender, 'batches', payloads);
    expect(contender.batches).toEqual([1_000, 1_000, 500]);
    expect(contender.puts).toEqual(payloads);
  });

  it('with 100 puts in flight, and every payload put once', async () => {
    const contender = new WatchedContender();
    await driveContender(contender, 'in-flight', payloads);
    expect(contender.mostAtOnce).toBe(100);
    expect(new Set(contender.puts)).toEqual(new Set(payloads));
    expect(contender.puts).toHaveLength(payloads.length);
  });

  it('and what it rejects with ends the run', async () => {
    const refusing = new WatchedContender();
    refusing.put = () => Promise.reject(new Error('full'));
    await expect(driveContender(refusing, 'in-flight', payloads)).rejects.toThrow('full');
  });
});
