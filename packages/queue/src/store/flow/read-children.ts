import type { Redis } from 'ioredis';
import type { ChildRecord } from '../../job/handler/child-outcome.ts';
import type { ChildStamp } from '../../job/stored-options.ts';
import { callerId, storedId } from '../keys/queue-keys.ts';

interface Child {
  /** In its caller's form. */
  readonly id: string;
  readonly job: string;
}

/**
 * Reads what Redis has of a parent's children. Which jobs they are stands with the parent, so that it is known of those that are no
 * longer kept, too. Of a parent that another client has put, what its children are called is read from them.
 *
 * @param jobKey of the parent
 */
export async function readChildren(
  client: Redis,
  jobKey: string,
  parent: { readonly id: string; readonly stamp: readonly ChildStamp[] | undefined },
): Promise<ChildRecord[]> {
  const [completed, failed, unfinished, unsuccessful] = await Promise.all([
    client.hgetall(`${jobKey}:processed`),
    client.hgetall(`${jobKey}:failed`),
    client.smembers(`${jobKey}:dependencies`),
    client.zrange(`${jobKey}:unsuccessful`, 0, '-1'),
  ]);
  const found = new Map<string, Pick<ChildRecord, 'outcome' | 'text'>>();
  for (const key of unfinished) found.set(key, { outcome: 'unfinished', text: '' });
  for (const key of unsuccessful) found.set(key, { outcome: 'dead', text: 'it failed' });
  for (const [key, text] of Object.entries(failed)) found.set(key, { outcome: 'dead', text });
  for (const [key, text] of Object.entries(completed)) found.set(key, { outcome: 'completed', text });
  if (!parent.stamp) return Promise.all([...found].map(([key, state]) => readForeign(client, key, state)));
  const byId = new Map([...found].map(([key, state]) => [idOf(key), state]));
  const gone = { outcome: 'gone', text: '' } as const;
  return listed(parent.id, parent.stamp).map((child) => ({ ...child, ...(byId.get(storedId(child.id)) ?? gone) }));
}

async function readForeign(
  client: Redis,
  key: string,
  state: Pick<ChildRecord, 'outcome' | 'text'>,
): Promise<ChildRecord> {
  return { id: callerId(idOf(key)), job: (await client.hget(key, 'name')) ?? '', ...state };
}

/** A stored id has no colon. */
function idOf(key: string): string {
  return key.slice(key.lastIndexOf(':') + 1);
}

function listed(parentId: string, stamp: readonly ChildStamp[]): Child[] {
  const children: Child[] = [];
  for (const [job, ids] of stamp) {
    if (typeof ids === 'string') children.push({ id: ids, job });
    else for (let n = 0; n < ids; n += 1) children.push({ id: `${parentId}.${children.length}`, job });
  }
  return children;
}
