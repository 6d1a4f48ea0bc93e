import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { GroupPayload, ProducerSide } from './group-contender.ts';
import { driveProducer, type Pace } from './drive-producer.ts';

/** Answers a put some milliseconds later, which no pause of a test is, and notes how many were under way. */
class FakeProducer implements ProducerSide {
  readonly put: (payload: GroupPayload) => Promise<void>;
  readonly urls: string[] = [];
  readonly calledAtMs: number[] = [];
  mostAtOnce = 0;
  #underWay = 0;

  constructor() {
    this.put = async ({ url, calledAtMs }) => {
      this.urls.push(url);
      this.calledAtMs.push(calledAtMs);
      this.#underWay += 1;
      this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay);
      await sleep(10);
      this.#underWay -= 1;
    };
  }

  async close(): Promise<void> {}
}

async function driven(jobs: number, pace: Pace): Promise<FakeProducer> {
  const producer = new FakeProducer();
  await driveProducer(producer, jobs, pace);
  return producer;
}

describe('a driven producer', () => {
  it.each([
    { kind: 'in-flight', puts: 4 },
    { kind: 'steady', perSecond: 2_000 },
    { kind: 'open-loop', perSecond: 2_000 },
    { kind: 'now-and-then', pauseMs: [0, 1] },
  ] as const satisfies Pace[])('puts each job once: $kind', async (pace) => {
    const { urls } = await driven(25, pace);
    expect(urls).toHaveLength(25);
    expect(new Set(urls).size).toBe(25);
  });

  it('keeps as many puts in flight as asked', async () => {
    expect((await driven(25, { kind: 'in-flight', puts: 4 })).mostAtOnce).toBe(4);
  });

  it('keeps to its pace, and is not faster', async () => {
    const start = performance.now();
    await driven(11, { kind: 'steady', perSecond: 100 });
    expect(performance.now() - start).toBeGreaterThanOrEqual(99);
  });

  it('in an open loop, reports when each put was due, however late it is sent', async () => {
    const { calledAtMs } = await driven(11, { kind: 'open-loop', perSecond: 100 });
    const first = calledAtMs[0] ?? Number.NaN;
    expect(calledAtMs.map((at) => Math.round(at - first))).toEqual(Array.from({ length: 11 }, (_, n) => n * 10));
  });

  it('puts one at a time now and then', async () => {
    expect((await driven(5, { kind: 'now-and-then', pauseMs: [0, 1] })).mostAtOnce).toBe(1);
  });
});
