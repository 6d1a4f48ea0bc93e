import type { FinalState, History, Violation } from '@sluice/testing/history';
import type { Redis } from 'ioredis';

const UNFINISHED = { lists: ['wait', 'active', 'paused'], sets: ['prioritized', 'delayed', 'waiting-children'] };
const ENDED = { lists: [], sets: ['completed', 'failed'] };

type TagState = { [Key in keyof FinalState]: string[] };

/** Which jobs the queue holds, each by its tag: a job that is there twice is named twice. */
export async function readTags(client: Redis, queueName: string): Promise<TagState> {
  const base = `bull:{${queueName}}:`;
  const tagsIn = async ({ lists, sets }: { lists: string[]; sets: string[] }): Promise<string[]> => {
    const ids = await Promise.all([
      ...lists.map((list) => client.lrange(`${base}${list}`, 0, -1)),
      ...sets.map((set) => client.zrange(`${base}${set}`, 0, '-1')),
    ]);
    const data = await Promise.all(ids.flat().map((id) => client.hget(`${base}${id}`, 'data')));
    return data.map((json) => JSON.parse(json ?? '"a job without data"') as string);
  };
  return { unfinished: await tagsIn(UNFINISHED), settled: await tagsIn(ENDED) };
}

/** I6: no put left two jobs. Kind: `doubled`. */
export function noneDoubled({ unfinished, settled }: TagState): Violation[] {
  const seen = new Set<string>();
  const doubled = [...unfinished, ...settled].filter((tag) => seen.size === seen.add(tag).size);
  return doubled.map((tag) => ({ kind: 'doubled', message: `${tag} was put once and is there twice`, evidence: [] }));
}

/** I6: nobody puts anything twice here, so a put that is called a duplicate has met its own copy. Kind: `mistaken`. */
export function noneMistaken({ facts }: History): Violation[] {
  const mistaken = facts.filter((fact) => fact.type === 'put-answered' && fact.status !== 'created');
  return mistaken.map((fact) => ({ kind: 'mistaken', message: 'a put met its own copy', evidence: [fact] }));
}
