import { readTaken, readTakenByBullmq } from '../../store/lease-store/batch-script.ts';
import { BatchScript } from '../../store/lease-store/batch-script.ts';
import type { Delivery } from '../../job/delivery.ts';
import type { TakeContext } from '../../store/lease-store/lease-store.ts';
import type { StalledQueue } from './stalled-queue.ts';

let processes = 0;

/** What a worker process says to Redis, without the process: so a test can have it die in no time. */
export class WorkerProcess {
  readonly name: string;
  readonly #queue: StalledQueue;
  readonly #held = new Map<string, Delivery>();
  readonly #pools: BatchScript[];
  readonly #names: string[];

  constructor(queue: StalledQueue, pools = 1) {
    processes += 1;
    this.name = `process${processes}`;
    this.#queue = queue;
    this.#names = Array.from({ length: pools }, (_, index) => `${this.name}.${index + 1}`);
    this.#pools = this.#names.map((pool) => this.#open(pool));
  }

  get held(): string[] {
    return [...this.#held.keys()];
  }

  /** What runs here decides what may be taken, as in a pool. @returns ids, or `suspects` when such wait to be taken */
  async take(
    count: number,
    { which, pool = 0 }: { which?: TakeContext['which']; pool?: number } = {},
  ): Promise<string[] | 'suspects'> {
    const hasOthers = this.#held.size > 0;
    const context: TakeContext = { which: which ?? (hasOthers ? 'others' : 'any'), hasOthers, alone: null };
    const batch = { completions: [], take: count, offered: false, takeMost: count, context };
    const reply = await this.#script(pool).run(batch);
    if (reply[1] === 'suspects') return 'suspects';
    const origin = { pool: this.#names[pool] ?? '', takenAtMs: 0 };
    if (reply[1] !== 'needs-bullmq-script') return this.#hold(readTaken(reply, origin).deliveries);
    return this.#hold(readTakenByBullmq(await this.#script(pool).takeOne(context), origin).deliveries);
  }

  /** Whether this busy process is asked to take no jobs, so that crash suspects can run alone. */
  async isAskedToPause(): Promise<boolean> {
    const context: TakeContext = { which: 'others', hasOthers: true, alone: null };
    const reply = await this.#script(0).run({ completions: [], take: 1, offered: false, takeMost: 1, context });
    return reply[7] === 1;
  }

  async complete(...ids: string[]): Promise<void> {
    const completions = ids.map((id) => ({ delivery: this.#held.get(id) as Delivery, result: '1' }));
    await this.#script(0).run({ completions, take: 0, offered: false, takeMost: 0 });
    for (const id of ids) this.#held.delete(id);
  }

  /** Tells Redis that the job is not alone any more. */
  async noteCompany(id: string): Promise<void> {
    await this.#script(0).noteCompany(this.#held.get(id) as Delivery);
  }

  /** Whether the job is to be ended without a run, since it crashed too often. */
  hasDeferredFailure(id: string): boolean {
    return this.#held.get(id)?.deferredFailure === 'job stalled more than allowable limit';
  }

  /** Its leases are not renewed any more, and have run out. */
  async die(...ids: string[]): Promise<void> {
    const lost = ids.length > 0 ? ids : this.held;
    await this.#queue.client.del(...lost.map((id) => this.#queue.key(`${id}:lock`)));
    for (const id of lost) this.#held.delete(id);
  }

  #hold(deliveries: readonly Delivery[]): string[] {
    for (const delivery of deliveries) this.#held.set(delivery.id, delivery);
    return deliveries.map(({ id }) => id);
  }

  #script(pool: number): BatchScript {
    const script = this.#pools[pool];
    if (!script) throw new RangeError(`there is no pool ${pool}`);
    return script;
  }

  #open(pool: string): BatchScript {
    const { client, setup } = this.#queue;
    const keep = { count: 1_000, ageMs: 3_600_000 };
    return new BatchScript({
      nowMs: () => Date.now(),
      client,
      keys: setup.keys,
      name: `w-${this.name}`,
      pool,
      leaseMs: 10_000,
      keep,
      capacity: 1_000,
    });
  }
}
