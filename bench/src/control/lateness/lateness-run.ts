import { setTimeout as sleep } from 'node:timers/promises';
import type { LatenessQueue, OpenLatenessQueue } from './lateness-contender.ts';
import { AT_ONCE, EVERY_MS, type LatenessRequest, SLOTS } from './lateness-plan.ts';

const AN_HOUR_MS = 3_600_000;
/** How far ahead jobs are added: random, because Redis looks at blocked clients every 100 ms only. */
const DELAY_MS = [50, 250] as const;

/** Measures how much later than due the handlers of a contender's jobs start, in milliseconds. */
export class LatenessRun {
  readonly #lateMs: number[] = [];
  readonly #dueAtMs: number[] = [];
  readonly #waiting = new Map<number, () => void>();
  #iterations = 0;
  #queue: LatenessQueue | undefined;

  async open(open: OpenLatenessQueue, socketPath: string): Promise<void> {
    this.#queue = await open({
      socketPath,
      slots: SLOTS,
      onStart: (n) => this.#note(n),
      onIteration: (dueAtMs) => {
        this.#iterations += 1;
        if (this.#iterations > 1) this.#lateMs.push(Date.now() - dueAtMs); // the first is due at once
      },
    });
  }

  async measure({ case: which, samples }: LatenessRequest): Promise<readonly number[]> {
    switch (which) {
      case 'idle':
        await this.#oneByOne(samples);
        break;
      case 'earlier':
        await this.queue.addDelayed(samples, AN_HOUR_MS);
        await this.#oneByOne(samples);
        break;
      case 'busy':
        await this.#whileBusy(() => this.#oneByOne(samples));
        break;
      case 'at-once':
        for (let n = 0; n < samples; n += AT_ONCE) await this.#atOnce(n, Math.min(AT_ONCE, samples - n));
        break;
      case 'scheduled':
        await this.queue.schedule(EVERY_MS);
        while (this.#lateMs.length < samples) await sleep(EVERY_MS);
        await this.queue.unschedule();
        break;
      default:
        throw new TypeError(`unknown case ${String(which satisfies never)}`);
    }
    return this.#lateMs;
  }

  async close(): Promise<void> {
    await this.#queue?.close();
  }

  get queue(): LatenessQueue {
    if (!this.#queue) throw new Error('nothing was opened');
    return this.#queue;
  }

  async #oneByOne(samples: number): Promise<void> {
    for (let n = 0; n < samples; n += 1) await this.#one(n, randomDelayMs());
  }

  async #atOnce(from: number, count: number): Promise<void> {
    const dueAtMs = Date.now() + randomDelayMs();
    await Promise.all(Array.from({ length: count }, (_, i) => this.#one(from + i, dueAtMs - Date.now())));
  }

  async #one(n: number, delayMs: number): Promise<void> {
    const started = new Promise<void>((resolve) => this.#waiting.set(n, resolve));
    this.#dueAtMs[n] = Date.now() + delayMs;
    await this.queue.addDelayed(n, delayMs);
    await started;
  }

  /** Plain jobs come all the while, about a third of what the slots could run. */
  async #whileBusy(measure: () => Promise<void>): Promise<void> {
    let isDone = false;
    const load = (async () => {
      while (!isDone) {
        await this.queue.addPlain(3);
        await sleep(5);
      }
    })();
    await measure();
    isDone = true;
    await load;
  }

  #note(n: number): void {
    this.#lateMs.push(Date.now() - (this.#dueAtMs[n] ?? Number.NaN));
    this.#waiting.get(n)?.();
  }
}

function randomDelayMs(): number {
  const [least, most] = DELAY_MS;
  return Math.round(least + Math.random() * (most - least));
}
