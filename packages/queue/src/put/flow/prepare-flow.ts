import type { JobJson, KeysMap } from 'bullmq';
import { encodePayload } from '../../job/encoding/encode.ts';
import { payloadDigest } from '../../job/encoding/payload-digest.ts';
import { parseJobId } from '../../job/contracts/job-id.ts';
import type { JobContract } from '../../job/contracts/job-contract.ts';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { PutOptionError } from '../../job/errors/index.ts';
import { AddCollector, jobJson } from '../../store/admission/add-collector.ts';
import type { ParentRelease, ScriptCall } from '../../store/admission/admission.ts';
import { refuseManyBytes, refuseManyJobs } from '../../store/admission/admission-refusal.ts';
import { bullmqKeys } from '../../store/keys/bullmq-keys.ts';
import { generateId, storedId } from '../../store/keys/queue-keys.ts';
import { contractOf } from '../../store/results/read-outcome.ts';
import type { ChildStamp, StoredOptions } from '../../job/stored-options.ts';
import { digestOf, type JobDeps, storedOptions } from '../prepare-job.ts';
import type { DeadChildPolicy, FlowNode } from './flow-node.ts';

/** A job of a flow that passed every check that needs no Redis. */
export interface PreparedNode {
  /** The caller's form. */
  readonly id: string;
  readonly job: string;
  readonly queue: QueueDefinition;
  readonly call: ScriptCall;
  readonly children: readonly PreparedNode[];
}

/** A flow, ready to be sent. */
export interface PreparedFlow {
  readonly root: PreparedNode;
  /** All of them, each parent before its children. */
  readonly nodes: readonly PreparedNode[];
  readonly releases: readonly ParentRelease[];
  /** What each queue's definition says. */
  readonly capacities: ReadonlyMap<KeysMap, number>;
}

const policyOptions: Readonly<Record<DeadChildPolicy, [option: keyof StoredOptions, ofParent: string] | null>> = {
  wait: null,
  'fail-parent': ['failParentOnFailure', 'fpof'],
  'run-parent': ['continueParentOnFailure', 'cpof'],
  ignore: ['ignoreDependencyOnFailure', 'idof'],
  forget: ['removeDependencyOnFailure', 'rdof'],
};

/** A node with its payload as JSON, its id, and its children. */
interface Encoded {
  readonly node: FlowNode;
  readonly json: string;
  readonly id: string;
  readonly queue: QueueDefinition;
  readonly children: readonly Encoded[];
}

/** @throws PayloadInvalidError, TooLargeError, CallTooLargeError, JobIdInvalidError, UnknownJobError or PutOptionError */
export async function prepareFlow(deps: JobDeps, root: FlowNode, metadata: string | undefined): Promise<PreparedFlow> {
  const id = root.options.id ?? generateId();
  const encoded = await encode(root, parseJobId(id), deps.queue);
  const all = flatten(encoded);
  refuseManyJobs(
    deps.queue.name,
    all.map(({ json }) => ({ data: json })),
  );
  refuseEqualIds(all);
  const builder = new FlowBuilder(deps, { hasId: root.options.id !== undefined, metadata });
  const prepared = builder.build(encoded, undefined);
  const nodes = flatten(prepared);
  refuseManyBytes(nodes.map(({ call }) => call));
  return { root: prepared, nodes, releases: builder.releases, capacities: builder.capacities };
}

/** Children without an id get one of their parent's id and their index, so that the same flow put again is the same jobs. */
async function encode(node: FlowNode, id: string, parentQueue: QueueDefinition): Promise<Encoded> {
  const { queue = parentQueue, children = [] } = node.options;
  contractOf(queue, node.job.name);
  const { json } = await encodePayload(node.job, node.payload);
  const below: Encoded[] = [];
  for (const [index, child] of children.entries()) {
    below.push(await encode(child, parseJobId(child.options.id ?? `${id}.${index}`), queue));
  }
  return { node, json, id, queue, children: below };
}

function flatten<Node extends { readonly children: readonly Node[] }>(root: Node): Node[] {
  const list = [root];
  for (const node of list) list.push(...node.children); // grows while it is walked: parents first
  return list;
}

function refuseEqualIds(all: readonly Encoded[]): void {
  const seen = new Set<string>();
  for (const { id } of all) {
    if (seen.has(id)) throw new PutOptionError(`putFlow: two jobs of the flow have the id ${id}`);
    seen.add(id);
  }
}

interface ParentOf {
  readonly id: string;
  readonly keys: KeysMap;
}

/** Turns the jobs of one flow into the calls that BullMQ would have made. */
class FlowBuilder {
  readonly releases: ParentRelease[] = [];
  readonly capacities = new Map<KeysMap, number>();
  readonly #deps: JobDeps;
  readonly #hasId: boolean;
  readonly #metadata: string | undefined;
  readonly #keys = new Map<string, KeysMap>();
  readonly #at: number;

  constructor(deps: JobDeps, { hasId, metadata }: { hasId: boolean; metadata: string | undefined }) {
    this.#metadata = metadata;
    this.#deps = deps;
    this.#hasId = hasId;
    this.#at = deps.clock.nowMs();
    this.#keys.set(bullmqKeys(deps.queue)[''] ?? '', deps.backend.keys);
  }

  build(encoded: Encoded, parent: ParentOf | undefined): PreparedNode {
    const { id, node, queue, children } = encoded;
    const keys = this.#keysOf(queue);
    const call = this.#callOf(encoded, keys, parent);
    const stored = storedId(id);
    if (children.length > 0) {
      const key = `${keys['']}${stored}`;
      this.releases.push([key, `${key}:dependencies`, queueKeyOf(keys), stored, this.#at]);
    }
    const below = children.map((child) => this.build(child, { id: stored, keys }));
    return { id, job: node.job.name, queue, call, children: below };
  }

  #callOf(encoded: Encoded, keys: KeysMap, parent: ParentOf | undefined): ScriptCall {
    const { node, json, id, children } = encoded;
    const { backend } = this.#deps;
    const stored = storedId(id);
    const digest = this.#hasId || node.options.id !== undefined ? digestOfFlow(encoded) : '';
    const options = this.#optionsOf(encoded, { stored, digest, parent });
    const policy = policyOptions[node.options.whenDead ?? 'wait'];
    const job: JobJson = jobJson({ id: stored, name: node.job.name, data: json, options, at: this.#at });
    const parentKey = parent && `${parent.keys['']}${parent.id}`;
    if (parent && parentKey) {
      job.parent = { id: parent.id, queueKey: queueKeyOf(parent.keys), ...(policy && { [policy[1]]: true }) };
      job.parentKey = parentKey;
    }
    const parentKeyOpts = {
      ...(parentKey && { parentKey, parentDependenciesKey: `${parentKey}:dependencies` }),
      ...(children.length > 0 && { addToWaitingChildren: true }),
      deferParentRelease: true,
    };
    const collector = new AddCollector(keys);
    backend.collect(collector, { job, jobId: stored, parentKeyOpts, ...(digest && { digest }) }, keys);
    const [call] = collector.calls;
    if (!call) throw new TypeError('BullMQ prepared no add call');
    return call;
  }

  #optionsOf(
    { node, id, children }: Encoded,
    { stored, digest, parent }: { stored: string; digest: string; parent: ParentOf | undefined },
  ): StoredOptions {
    const { queue, clock, isGuest } = this.#deps;
    const { whenDead = 'wait', queue: _own, children: _children, ...own } = node.options;
    const known = this.#hasId || own.id !== undefined ? { ...own, id } : own;
    // How long ids are known is for the queue of the root to say: they are those of one put.
    const put = { queue, contract: node.job, options: known, clock, isGuest, metadata: this.#metadata };
    const options = storedOptions(put, stored, digest);
    if (children.length > 0) options.sluice.c = stampOf(id, children);
    const policy = parent && policyOptions[whenDead];
    return {
      ...options,
      ...(parent && { parent: { id: parent.id, queue: queueKeyOf(parent.keys) } }),
      ...(policy && { [policy[0]]: true }),
    };
  }

  #keysOf(queue: QueueDefinition): KeysMap {
    const keys = bullmqKeys(queue);
    const start = keys[''] ?? '';
    const known = this.#keys.get(start) ?? keys;
    this.#keys.set(start, known);
    this.capacities.set(known, queue.capacity);
    return known;
  }
}

/** What BullMQ calls a queue in a parent: the start of its keys, without the last colon. */
function queueKeyOf(keys: KeysMap): string {
  return (keys[''] ?? '').replace(/:$/, '');
}

/** Two flows under one id are the same when all of their jobs are. */
function digestOfFlow({ node, json, children }: Encoded): string {
  const own = digestOf(node.job.name, node.job.version, json);
  if (children.length === 0) return own;
  return payloadDigest(JSON.stringify([own, ...children.map(digestOfFlow)]));
}

/** Which jobs the children are, for the parent's handler: [name, how many with an id of their index] or [name, id]. */
function stampOf(parentId: string, children: readonly Encoded[]): ChildStamp[] {
  const stamp: [job: string, ids: number | string][] = [];
  for (const [index, { id, node }] of children.entries()) {
    const last = stamp.at(-1);
    const { name }: Pick<JobContract, 'name'> = node.job;
    if (id !== `${parentId}.${index}`) stamp.push([name, id]);
    else if (last && last[0] === name && typeof last[1] === 'number') last[1] += 1;
    else stamp.push([name, 1]);
  }
  return stamp;
}
