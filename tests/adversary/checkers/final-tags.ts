import type { FinalState, History, Violation } from '@sluice/testing/history';
import type { Redis } from 'ioredis';

const LISTS = ['wait', 'active', 'paused'];
const WAITING_SETS = ['prioritized', 'delayed', 'waiting-children'];
const ENDED_SETS = ['completed', 'failed'];

type TagState = { [Key in keyof FinalState]: string[] };

/**
 * The tags of the jobs that the queue holds: a job that is there twice is listed twice. All lists are read in one
 * transaction, because a job that moves between two reads would be seen twice.
 */
export async function readTags(client: Redis, queueName: string): Promise<TagState> {
  const base = `bull:{${queueName}}:`;
  const reads = client.multi();
  for (const list of LISTS) reads.lrange(`${base}${list}`, 0, -1);
  for (const set of [...WAITING_SETS, ...ENDED_SETS]) reads.zrange(`${base}${set}`, 0, '-1');
  const ids = ((await reads.exec()) ?? []).map(([, members]) => members as string[]);
  const tagsOf = async (stored: string[]): Promise<string[]> => {
    const data = await Promise.all(stored.map((id) => client.hget(`${base}${id}`, 'data')));
    return data.map((json) => JSON.parse(json ?? '"a job without data"') as string);
  };
  const unfinished = LISTS.length + WAITING_SETS.length;
  return {
    unfinished: await tagsOf(ids.slice(0, unfinished).flat()),
    settled: await tagsOf(ids.slice(unfinished).flat()),
  };
}

/** I6: no put left two jobs. Kind: `doubled`. */
export function noneDoubled({ unfinished, settled }: TagState): Violation[] {
  const seen = new Set<string>();
  const doubled = [...unfinished, ...settled].filter((tag) => seen.size === seen.add(tag).size);
  return doubled.map((tag) => ({ kind: 'doubled', message: `${tag} was put once and is there twice`, evidence: [] }));
}

/** I6: no tag is put twice here, so a put that is reported as a duplicate has met its own copy. Kind: `mistaken`. */
export function noneMistaken({ facts }: History): Violation[] {
  const mistaken = facts.filter((fact) => fact.type === 'put-answered' && fact.status !== 'created');
  return mistaken.map((fact) => ({ kind: 'mistaken', message: 'a put met its own copy', evidence: [fact] }));
}
