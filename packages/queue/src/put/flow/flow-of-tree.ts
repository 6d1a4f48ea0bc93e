import type { JobContract } from '../../job/contracts/job-contract.ts';
import type { QueueDefinition } from '../../job/contracts/queue-policy.ts';
import { encodePayload } from '../../job/encoding/encode.ts';
import { PayloadInvalidError, PutOptionError, TooLargeError } from '../../job/errors/index.ts';
import { didYouMean } from '../../job/options/did-you-mean.ts';
import { flow, type FlowNode } from './flow-node.ts';
import { FlowIssues, type FlowPath, type FlowTree } from './flow-tree.ts';

/**
 * Makes a flow for `putFlow` of one that came as JSON: finds the contract and the queue of each job, and checks its payload.
 *
 * @param queue that of the root
 * @param queues those that jobs may name
 * @throws FlowInvalidError with all that is wrong and where
 */
export async function flowOfTree(
  tree: FlowTree,
  queue: QueueDefinition,
  queues: readonly QueueDefinition[] = [queue],
): Promise<FlowNode> {
  const builder = new FlowOfTree(queues);
  const [root] = await builder.build(tree, [], queue);
  builder.issues.throwIfAny();
  if (!root) throw new TypeError('a flow without a root has an issue');
  return root;
}

class FlowOfTree {
  readonly issues = new FlowIssues();
  readonly #queues: readonly QueueDefinition[];

  constructor(queues: readonly QueueDefinition[]) {
    this.#queues = queues;
  }

  /** The job, or nothing when there is something wrong with it. */
  async build(tree: FlowTree, path: FlowPath, ofParent: QueueDefinition): Promise<FlowNode[]> {
    const queue = tree.queue === undefined ? ofParent : this.#named(this.#queues, tree.queue, [...path, 'queue']);
    const job = queue && this.#named(queue.jobs, tree.job, [...path, 'job']);
    if (job) await this.#checkPayload(job, tree.payload, [...path, 'payload']);
    const children: FlowNode[] = [];
    for (const [index, child] of tree.children.entries()) {
      // A queue that is not there is told once, not for each job that would be in it.
      if (queue) children.push(...(await this.build(child, [...path, 'children', index], queue)));
    }
    if (!job) return [];
    try {
      return [flow(job, tree.payload, { ...tree.options, ...(tree.queue !== undefined && { queue }), children })];
    } catch (error) {
      if (!(error instanceof PutOptionError)) throw error;
      this.issues.addProblems(path, error.problems);
      return [];
    }
  }

  #named<T extends { readonly name: string }>(all: readonly T[], name: string, path: FlowPath): T | undefined {
    const found = all.find((one) => one.name === name);
    if (found) return found;
    const names = all.map((one) => one.name);
    const meant = didYouMean(name, names);
    const hint = meant === null ? `must be one of ${names.join(', ')}` : `is not known; did you mean ${meant}?`;
    this.issues.add(path, hint);
    return undefined;
  }

  async #checkPayload(job: JobContract, payload: unknown, path: FlowPath): Promise<void> {
    try {
      await encodePayload(job, payload);
    } catch (error) {
      if (error instanceof TooLargeError) this.issues.add(path, error.message);
      else if (error instanceof PayloadInvalidError) {
        for (const issue of error.issues) this.issues.add([...path, ...issue.path], issue.message);
      } else throw error;
    }
  }
}
