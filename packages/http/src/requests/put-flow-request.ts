import { type FlowNode, flowOfTree, type FlowTree, readFlowTree, type QueueDefinition } from '@sluice/queue';
import { FlowInvalidError, type SchemaIssue } from '@sluice/queue/contracts';
import { idOf, problemOfId, type PutIdentity } from './put-request.ts';

/** Where the jobs of a flow may go. */
export interface FlowQueues {
  /** That of the root. */
  readonly queue: QueueDefinition;
  /** Those that its jobs may name. */
  readonly queues: readonly QueueDefinition[];
}

/**
 * Reads a flow from its body and headers. An `Idempotency-Key` is the id of its root.
 *
 * @throws FlowInvalidError with all that is wrong with the jobs of the flow and their paths
 * @throws HeaderInvalidError for an `Idempotency-Key` that is broken, or is another than the root's id
 */
export async function readPutFlow(
  body: unknown,
  identity: PutIdentity,
  { queue, queues }: FlowQueues,
): Promise<{ flow: FlowNode; hasKey: boolean }> {
  const tree = readFlowTree(body);
  const { id, hasKey } = idOf(tree.options.id, identity);
  const wrong = findWrongIds(tree, identity.sluiceClient, []);
  if (wrong.length > 0) throw new FlowInvalidError(wrong);
  const named = id === undefined ? tree : { ...tree, options: { ...tree.options, id } };
  return { flow: await flowOfTree(named, queue, queues), hasKey };
}

function findWrongIds(
  { options: { id }, children }: FlowTree,
  client: string,
  path: SchemaIssue['path'],
): SchemaIssue[] {
  const message = problemOfId(id, client);
  const own = message === undefined ? [] : [{ path: [...path, 'id'], message }];
  return [...own, ...children.flatMap((child, index) => findWrongIds(child, client, [...path, 'children', index]))];
}
