import type { Redis } from 'ioredis';
import { isSecretField, readSecretFields } from '../../job/contracts/secret-fields.ts';
import { readOptions } from '../../job/read-options.ts';
import { type PayloadFields, payloadMatcher } from '../../job/payload-filter.ts';
import { type JobHead, readJobHeads } from '../results/job-record.ts';
import type { JobSnapshotState } from '../results/job-snapshot.ts';

/** Which jobs are asked for; what is absent holds for every job. */
export interface StoredFilter {
  readonly states?: readonly JobSnapshotState[];
  readonly job?: string;
  readonly code?: string;
  /** A code, or part of a message. */
  readonly error?: string;
  /** The name of the worker that took the job last, or its pool. */
  readonly worker?: string;
  readonly sinceMs?: number;
  readonly beforeMs?: number;
  /** Of jobs that ended: only those that ended before this. */
  readonly endedBeforeMs?: number;
  readonly payload?: PayloadFields;
}

/** The most jobs that are read in one round trip, and the most bytes of payloads, unless one alone has more. */
export const READ_MAX = 250;
const PAYLOADS_MAX_BYTES = 4 * 1024 * 1024;

/** Reads jobs, and finds those that a filter asks for: one small read for each, and its payload only where all else matches. */
export class FilteredJobs {
  readonly #filter: StoredFilter;
  readonly #hasPayload: ((json: string) => boolean) | undefined;
  /** Of the payloads that were read. */
  payloadBytes = 0;

  constructor(filter: StoredFilter) {
    this.#filter = filter;
    this.#hasPayload = filter.payload && payloadMatcher(filter.payload);
  }

  /** Each job in its place: null where it is gone, and whether it matches. @param ids as stored, at most {@link READ_MAX} */
  async read(
    client: Redis,
    base: string,
    ids: readonly string[],
  ): Promise<{ head: JobHead | null; isMatch: boolean }[]> {
    const heads = await readJobHeads(client, base, ids);
    const read = heads.map((head) => ({ head, isMatch: head !== null && this.#matches(head) }));
    if (this.#hasPayload) await this.#judgePayloads(client, base, read, this.#hasPayload);
    return read;
  }

  #matches(head: JobHead): boolean {
    const { job, code, error, worker, sinceMs = 0, beforeMs = Infinity, endedBeforeMs = Infinity } = this.#filter;
    const { failure } = head;
    const atMs = head.endedAt ?? head.createdAt;
    if (job !== undefined && head.job !== job) return false;
    if (worker !== undefined && head.worker !== worker && head.pool !== worker) return false;
    if (atMs < sinceMs || atMs >= beforeMs || (head.endedAt ?? 0) >= endedBeforeMs) return false;
    if (code !== undefined && failure?.code !== code) return false;
    return error === undefined || (failure !== null && (failure.code === error || failure.message.includes(error)));
  }

  async #judgePayloads(
    client: Redis,
    base: string,
    read: { head: JobHead | null; isMatch: boolean }[],
    hasPayload: (json: string) => boolean,
  ): Promise<void> {
    const candidates = read.filter(({ isMatch }) => isMatch);
    const keys = candidates.map(({ head }) => `${base}${head?.id}`);
    const sizes = await Promise.all(keys.map((key) => client.hstrlen(key, 'data')));
    for (let from = 0; from < keys.length;) {
      const to = endOfBatch(sizes, from);
      const payloads = await Promise.all(keys.slice(from, to).map((key) => client.hget(key, 'data')));
      for (const [index, payload] of payloads.entries()) {
        const candidate = candidates[from + index];
        this.payloadBytes += sizes[from + index] ?? 0;
        if (candidate) candidate.isMatch = payload !== null && hasPayload(payload);
      }
      from = to;
    }
    await this.#forgetSecrets(client, base, candidates);
  }

  /** What asks for a secret field finds nothing. */
  async #forgetSecrets(
    client: Redis,
    base: string,
    candidates: { head: JobHead | null; isMatch: boolean }[],
  ): Promise<void> {
    const asked = Object.keys(this.#filter.payload ?? {});
    const found = candidates.filter(({ isMatch }) => isMatch);
    const opts = await Promise.all(found.map(({ head }) => client.hget(`${base}${head?.id}`, 'opts')));
    for (const [index, candidate] of found.entries()) {
      const secret = readSecretFields(readOptions(opts[index]).sluice?.s);
      candidate.isMatch = !asked.some((path) => isSecretField(path, secret));
    }
  }
}

function endOfBatch(sizes: readonly number[], from: number): number {
  let to = from + 1;
  for (let bytes = sizes[from] ?? 0; to < sizes.length; to += 1) {
    bytes += sizes[to] ?? 0;
    if (bytes > PAYLOADS_MAX_BYTES) break;
  }
  return to;
}
