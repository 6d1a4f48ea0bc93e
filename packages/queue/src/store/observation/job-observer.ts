import type { Redis } from 'ioredis';
import { readOptions } from '../../job/read-options.ts';
import type { StoredOptions } from '../../job/stored-options.ts';
import { callerId } from '../keys/queue-keys.ts';
import { type JobRecord, readJobs } from '../results/job-record.ts';

/** What an observed job has been through. `dead` is BullMQ's `failed`, `removed` what a cancel leaves. */
export type ObservedStep = 'put' | 'active' | 'completed' | 'dead' | 'removed';

/** One put that was let in, and what became of its job, as far as it was read. */
export interface ObservedJob {
  /** In its caller's form. */
  readonly id: string;
  /** The contract's name. */
  readonly job: string;
  /** When it was let in, by Redis's clock, in milliseconds since the epoch. */
  readonly putAtMs: number;
  /** JSON of the payload; null when the job was gone before it was first read. */
  json: string | null;
  /** As they were first read. */
  options: StoredOptions;
  /** All that it has been through. */
  readonly steps: Set<ObservedStep>;
  /** Its hash as it was last read; null when it was gone from the start. */
  record: JobRecord | null;
}

const READ_COUNT = 1_000;

/** BullMQ's events that report a step. */
const STEPS: Readonly<Record<string, ObservedStep>> = {
  added: 'put',
  active: 'active',
  completed: 'completed',
  failed: 'dead',
  removed: 'removed',
};

/**
 * Every job of a queue, whichever client put or ran it, from BullMQ's stream of events: also what happened before it was first
 * read, as far back as the stream goes (some 10,000 events).
 */
export class JobObserver {
  /** In the order in which they were let in. */
  readonly jobs: ObservedJob[] = [];
  readonly #base: string;
  readonly #latest = new Map<string, ObservedJob>();
  #position = '-';

  /** @param base the queue's key prefix, ending in a colon */
  constructor(base: string) {
    this.#base = base;
  }

  /** Reads what is new. */
  async read(client: Redis): Promise<void> {
    for (;;) {
      const entries = await client.xrange(`${this.#base}events`, this.#position, '+', 'COUNT', READ_COUNT);
      const touched = new Map<string, ObservedJob>();
      for (const [entry, fields] of entries) {
        this.#position = `(${entry}`;
        const [id, job] = this.#take(entry, fields);
        if (job) touched.set(id, job);
      }
      await this.#readHashes(client, touched);
      if (entries.length < READ_COUNT) return;
    }
  }

  /** The last put of this id, in its caller's form. */
  find(id: string): ObservedJob | undefined {
    return this.jobs.findLast((job) => job.id === id);
  }

  #take(entry: string, fields: readonly string[]): [id: string, job: ObservedJob | undefined] {
    const field = (name: string): string => {
      const at = fields.indexOf(name);
      return at < 0 ? '' : (fields[at + 1] ?? '');
    };
    const id = field('jobId');
    const step = STEPS[field('event')];
    if (step === 'put') this.#add(id, { name: field('name'), putAtMs: Number.parseInt(entry, 10) });
    const job = this.#latest.get(id);
    if (step) job?.steps.add(step);
    return [id, job];
  }

  #add(id: string, { name, putAtMs }: { name: string; putAtMs: number }): void {
    const job: ObservedJob = {
      id: callerId(id),
      job: name,
      putAtMs,
      json: null,
      options: {},
      steps: new Set(),
      record: null,
    };
    this.jobs.push(job);
    this.#latest.set(id, job);
  }

  async #readHashes(client: Redis, touched: ReadonlyMap<string, ObservedJob>): Promise<void> {
    const ids = [...touched.keys()];
    const [records, options] = await Promise.all([readJobs(client, this.#base, ids), this.#readOptions(client, ids)]);
    for (const [index, job] of [...touched.values()].entries()) {
      const record = records[index];
      if (!record) continue;
      if (job.json === null) job.options = readOptions(options[index]);
      job.json ??= record.data;
      job.record = record;
    }
  }

  async #readOptions(client: Redis, ids: readonly string[]): Promise<(string | null)[]> {
    return Promise.all(ids.map((id) => client.hget(`${this.#base}${id}`, 'opts')));
  }
}
