import type { JobJson, KeysMap, ParentKeyOpts } from 'bullmq';
import { ErrorCode, QueueKeys } from '../bullmq.ts';
import { AddCollector, type AddEntry, type AddPreparer } from '../admission/add-collector.ts';
import type { Admission, AdmissionAnswer, ParentRelease, ScriptCall } from '../admission/admission.ts';
import { type AdmissionBackend, sendAdmission } from '../admission/admission-client.ts';
import { refuseManyBytes, refuseManyJobs, refusalOf, refuseSeveralSlots } from '../admission/admission-refusal.ts';
import type { CapacityClaims } from '../capacity/capacity-claims.ts';

export type FlowEntry = {
  jobData: JobJson;
  jobId: string;
  parentKeyOpts: ParentKeyOpts;
  prefix: string;
  queueName: string;
};

export interface BulkAdmissionDeps {
  readonly backend: AdmissionBackend & AddPreparer & { nowMs(): number };
  readonly queueName: string;
  /** Undefined for no bound. */
  readonly capacity: number | undefined;
  readonly claims: CapacityClaims;
  /** Rejects with QueueFullError when Redis refused the call because its memory is full. */
  readonly orFullMemory: <T>(reply: Promise<T>, queue: KeysMap | undefined) => Promise<T>;
  /** The error that BullMQ throws for one of its scripts' codes. */
  readonly errorOf: (code: number, parentKey: string | undefined) => Error;
}

/** What a plain client of BullMQ adds: a job, a bulk or a flow is admitted as a whole or not at all. */
export class BulkAdmission {
  readonly #deps: BulkAdmissionDeps;

  constructor(deps: BulkAdmissionDeps) {
    this.#deps = deps;
  }

  /** @returns the ids as stored */
  async add(entries: readonly AddEntry[]): Promise<string[]> {
    const { backend } = this.#deps;
    const jobs = entries.map(({ job }) => job);
    refuseManyJobs(this.#deps.queueName, jobs);
    const collector = new AddCollector(backend.keys);
    for (const entry of entries) backend.collect(collector, entry);
    const parentKeys = entries.map(({ parentKeyOpts }) => parentKeyOpts?.parentKey);
    const answers = await this.#admitAll({ calls: collector.calls }, parentKeys);
    return answers.map((answer, index) => this.#idOrThrow(answer, parentKeys[index]));
  }

  async addFlow(entries: readonly FlowEntry[]): Promise<[Error | null, string | number][]> {
    const { backend } = this.#deps;
    const jobs = entries.map(({ jobData }) => jobData);
    refuseManyJobs(entries[0]?.queueName ?? this.#deps.queueName, jobs);
    const keysOf = keysByQueue();
    const collector = new AddCollector(backend.keys);
    for (const { jobData, jobId, parentKeyOpts, prefix, queueName } of entries) {
      const deferred = { ...parentKeyOpts, deferParentRelease: true };
      backend.collect(collector, { job: jobData, jobId, parentKeyOpts: deferred }, keysOf(prefix, queueName));
    }
    const answers = await this.#admitAll(
      { calls: collector.calls, releases: parentReleases(entries, backend.nowMs()) },
      entries.map(({ parentKeyOpts }) => parentKeyOpts.parentKey),
    );
    return answers.map((answer) => [null, answer.id]);
  }

  /** `parentKeys`: the parent of each call, for the error when one is not there. */
  async #admitAll(
    admission: Pick<Admission, 'releases'> & { calls: readonly ScriptCall[] },
    parentKeys: readonly (string | undefined)[],
  ): Promise<AdmissionAnswer[]> {
    const { backend, capacity, claims } = this.#deps;
    refuseManyBytes(admission.calls);
    const parents = parentKeys.filter((key) => key !== undefined);
    const client = await backend.client;
    if (client.isCluster) {
      refuseSeveralSlots([...admission.calls.map(({ queueKeys }) => queueKeys[''] ?? ''), ...parents]);
    }
    const queues = new Set(admission.calls.map(({ queueKeys }) => queueKeys));
    // Where nothing is to be waited for, the call is on its way before what is added after it.
    for (const keys of queues) if (!claims.isReady(keys)) await claims.before(keys);
    const all = sendAdmission(client, backend, { ...admission, mode: 'all', capacity });
    const reply = await this.#deps.orFullMemory(all, admission.calls[0]?.queueKeys);
    const refusal = refusalOf(admission.calls, reply);
    if (refusal) throw refusal;
    const { answers } = reply;
    const orphan = answers.findIndex((answer) => answer.decision === 'orphan');
    if (orphan >= 0) throw this.#deps.errorOf(ErrorCode.ParentJobNotExist, parentKeys[orphan]);
    for (const keys of queues) claims.after(keys);
    return answers;
  }

  #idOrThrow(answer: AdmissionAnswer, parentKey: string | undefined): string {
    if (typeof answer.id === 'string') return answer.id;
    throw this.#deps.errorOf(answer.id, parentKey);
  }
}

function keysByQueue(): (prefix: string, name: string) => KeysMap {
  const known = new Map<string, KeysMap>();
  return (prefix, name) => {
    const qualified = `${prefix}:${name}`;
    const keys = known.get(qualified) ?? new QueueKeys(prefix).getKeys(name);
    known.set(qualified, keys);
    return keys;
  };
}

/** Each parent that the flow touches once: it is released if all its children turn out to be done already. */
function parentReleases(entries: readonly FlowEntry[], nowMs: number): ParentRelease[] {
  const releases = new Map<string, ParentRelease>();
  for (const { jobData, parentKeyOpts } of entries) {
    const { parentKey } = parentKeyOpts;
    if (!jobData.parent || !parentKey) continue;
    const { id, queueKey } = jobData.parent;
    if (id === undefined) continue;
    releases.set(parentKey, [parentKey, `${parentKey}:dependencies`, queueKey, id, nowMs]);
  }
  return [...releases.values()];
}
