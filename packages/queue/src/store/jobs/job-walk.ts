import type { KeysMap } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobHead } from '../results/job-record.ts';
import type { JobSnapshotState } from '../results/job-snapshot.ts';
import { type JobSource, sourcesOf } from './job-sources.ts';
import { FilteredJobs, READ_MAX, type StoredFilter } from './stored-filter.ts';

/** A job that a walk has come to. */
export interface WalkedJob {
  /** As stored. */
  readonly id: string;
  readonly state: JobSnapshotState;
  readonly head: JobHead;
}

/** The next jobs of a walk that match. */
export interface WalkStep {
  readonly jobs: readonly WalkedJob[];
  /** How many jobs were looked at to find them. */
  readonly looked: number;
}

/** Behind what the walk is: so many ids from the head of a list, or this member of a sorted set. */
interface Position {
  readonly source: number;
  readonly index: number;
  readonly after?: Member;
}

interface Member {
  readonly id: string;
  readonly score: string;
}

/** A job that was looked at, and the position behind it. */
interface Looked {
  readonly member: Member;
  readonly job?: WalkedJob;
}

/** The fewest that are read at once. */
const READ_LEAST = 20;

/** How far a looked-at job may have been shifted in its list by jobs put since: tried in turn. */
const SHIFTS = [READ_MAX, 20 * READ_MAX] as const;

/**
 * A walk over the jobs that match, made so that they may be removed or moved on the way: sorted sets are walked by score, and lists
 * from their newest job on, where what is put meanwhile only brings the walk back to jobs that it has seen.
 */
export class JobWalk {
  readonly #keys: KeysMap;
  readonly #sources: readonly JobSource[];
  readonly #jobs: FilteredJobs;
  #at: Position = { source: 0, index: 0 };
  /** How many are read at once: no more than are wanted, while most of them match. */
  #readMost = READ_MAX;
  /** The last step, in a list: the position before it, and what was looked at. */
  #lastStep: { before: Position; looked: readonly Looked[] } | undefined;

  constructor(keys: KeysMap, filter: StoredFilter) {
    this.#keys = keys;
    this.#sources = sourcesOf(filter.states);
    this.#jobs = new FilteredJobs(filter);
  }

  /** Continues where another walk with the same states was. @returns false where this is no position of such a walk */
  continueAt(position: string): boolean {
    const at = readPosition(this.#sources, position);
    if (at) this.#at = at;
    return at !== undefined;
  }

  /** Looks at the next jobs, {@link READ_MAX} at most, and no further than to the last of `most` that match. Null at the end. */
  async next(client: Redis, most: number): Promise<WalkStep | null> {
    await this.#findPlace(client);
    for (let source = this.#source; source; source = this.#source) {
      const members = await this.#readMembers(client, source);
      if (members.length > 0) return this.#step(client, source, { members, most });
      this.#at = { source: this.#at.source + 1, index: 0 };
    }
    return null;
  }

  /** Has the walk go on behind the first `count` jobs of the last step: the others come again. */
  keepOnly(count: number): void {
    const step = this.#lastStep;
    if (!step) return;
    const matching = step.looked.flatMap(({ job }, index) => (job ? [index] : []));
    const last = count === 0 ? -1 : (matching[count - 1] ?? step.looked.length - 1);
    this.#setStep(step.before, step.looked.slice(0, last + 1));
  }

  /** Where the walk is, as text. Null at the end. */
  async position(client: Redis): Promise<string | null> {
    await this.#findPlace(client);
    const { index, after } = this.#at;
    const source = this.#source;
    if (!source) return null;
    return `${source.key}:${after ? `${after.score}:${after.id}` : index}`;
  }

  get #source(): JobSource | undefined {
    return this.#sources[this.#at.source];
  }

  async #step(
    client: Redis,
    { state }: JobSource,
    { members, most }: { members: readonly Member[]; most: number },
  ): Promise<WalkStep> {
    const ids = members.map(({ id }) => id);
    const read = await this.#jobs.read(client, this.#keys[''] ?? '', ids);
    const looked: Looked[] = [];
    const jobs: WalkedJob[] = [];
    for (const [index, { head, isMatch }] of read.entries()) {
      const member = members[index];
      if (!member || jobs.length === most) break;
      const job = head && isMatch ? { id: member.id, state, head } : undefined;
      looked.push(job ? { member, job } : { member });
      if (job) jobs.push(job);
    }
    this.#readMost = jobs.length < most ? READ_MAX : Math.min(READ_MAX, Math.max(most, READ_LEAST));
    this.#setStep(this.#at, looked);
    return { jobs, looked: looked.length };
  }

  #setStep(before: Position, looked: readonly Looked[]): void {
    this.#lastStep = { before, looked };
    const last = looked.at(-1)?.member;
    const isList = this.#sources[before.source]?.kind === 'list';
    this.#at = isList || !last ? before : { ...before, after: last };
  }

  /** In a list, where jobs may have been put before those of the last step, and some of these have left: behind the last that is there. */
  async #findPlace(client: Redis): Promise<void> {
    const step = this.#lastStep;
    this.#lastStep = undefined;
    if (!step || this.#source?.kind !== 'list' || step.looked.length === 0) return;
    const looked = new Set(step.looked.map(({ member }) => member.id));
    const { index } = this.#at;
    for (const shift of SHIFTS) {
      const ids = await client.lrange(this.#key(this.#source), index, index + looked.size + shift - 1);
      const last = ids.findLastIndex((id) => looked.has(id));
      if (last >= 0) this.#at = { ...this.#at, index: index + last + 1 };
      if (last >= 0 || ids.length < looked.size + shift) return;
    }
  }

  async #readMembers(client: Redis, source: JobSource): Promise<Member[]> {
    const { index, after } = this.#at;
    const key = this.#key(source);
    if (source.kind === 'list') {
      const ids = await client.lrange(key, index, index + this.#readMost - 1);
      return ids.map((id) => ({ id, score: '' }));
    }
    const most = this.#readMost;
    return after ? membersAfter(client, key, { after, most }) : readMembers(client, key, { from: 0, most });
  }

  #key({ key }: JobSource): string {
    return this.#keys[key] ?? '';
  }
}

async function readMembers(
  client: Redis,
  key: string,
  { from, most }: { from: number; most: number },
): Promise<Member[]> {
  const flat = await client.zrange(key, String(from), String(from + most - 1), 'WITHSCORES');
  return flat.flatMap((id, index) => (index % 2 === 0 ? [{ id, score: flat[index + 1] ?? '0' }] : []));
}

/** Also when that member has left the set. Members of one score are in the order of their bytes. */
async function membersAfter(
  client: Redis,
  key: string,
  { after, most }: { after: Member; most: number },
): Promise<Member[]> {
  const rank = await client.zrank(key, after.id);
  const score = rank === null ? null : await client.zscore(key, after.id);
  if (rank !== null && score === after.score) return readMembers(client, key, { from: rank + 1, most });
  for (let from = await client.zcount(key, '-inf', `(${after.score}`); ; from += most) {
    const members = await readMembers(client, key, { from, most });
    const later = members.filter((member) => member.score !== after.score || isBehind(member.id, after.id));
    if (later.length > 0 || members.length < most) return later;
  }
}

function isBehind(id: string, other: string): boolean {
  return Buffer.compare(Buffer.from(id), Buffer.from(other)) > 0;
}

function readPosition(sources: readonly JobSource[], text: string): Position | undefined {
  const [, key, rest = ''] = /^([a-z-]+):(.+)$/s.exec(text) ?? [];
  const source = sources.findIndex((each) => each.key === key);
  if (source < 0) return undefined;
  if (/^\d{1,12}$/.test(rest)) return { source, index: Number(rest) };
  const [, score, id] = /^(\d{1,20}(?:\.\d{1,20})?(?:e\+\d{1,2})?):(.+)$/s.exec(rest) ?? [];
  const isSet = sources[source]?.kind !== 'list';
  return isSet && score !== undefined && id !== undefined ? { source, index: 0, after: { score, id } } : undefined;
}
