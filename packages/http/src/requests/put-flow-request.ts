import type { IncomingHttpHeaders } from 'node:http';
import { type FlowNode, flowOfTree, type FlowTree, readFlowTree, type QueueDefinition } from '@sluice/queue';
import { FlowInvalidError, type SchemaIssue } from '@sluice/queue/contracts';
import { idempotencyKeyOf } from './put-headers.ts';
import { idOf } from './put-request.ts';

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
  headers: IncomingHttpHeaders,
  { queue, queues }: FlowQueues,
): Promise<FlowNode> {
  const tree = readFlowTree(body);
  const id = idOf(tree.options.id, idempotencyKeyOf(headers['idempotency-key']));
  const dots = findDots(tree, []);
  if (dots.length > 0) throw new FlowInvalidError(dots);
  return flowOfTree(id === undefined ? tree : { ...tree, options: { ...tree.options, id } }, queue, queues);
}

/** URLs resolve these ids away, so that their jobs could not be asked for. */
function findDots({ options: { id }, children }: FlowTree, path: SchemaIssue['path']): SchemaIssue[] {
  const own = id === '.' || id === '..' ? [{ path: [...path, 'id'], message: 'must not be . or ..' }] : [];
  return [...own, ...children.flatMap((child, index) => findDots(child, [...path, 'children', index]))];
}
