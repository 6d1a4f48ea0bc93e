import type { JobsPage, ListedJob } from '@sluice/queue';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ask, type AskError, ofQueue } from '../api/ask.ts';

/** The most jobs of one page. */
const PAGE = 200;

/** A list that grows by pages. */
export interface JobPages {
  readonly jobs: readonly ListedJob[];
  readonly looked: number;
  readonly total: number | null;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly error: AskError | null;
  /** When the first page was read, in milliseconds since the epoch. */
  readonly readAt: number;
  readonly more: () => void;
  readonly reload: () => void;
}

interface Loaded {
  readonly jobs: readonly ListedJob[];
  readonly looked: number;
  readonly total: number | null;
  readonly next: string | null;
  readonly readAt: number;
}

const none: Loaded = { jobs: [], looked: 0, total: null, next: null, readAt: 0 };

/** @param query of `GET …/jobs`; null asks for nothing. The list begins anew when it changes. */
export function useJobPages(queue: string, query: Record<string, string> | null): JobPages {
  const key = query && JSON.stringify(query);
  const [loaded, setLoaded] = useState<Loaded>(none);
  const [error, setError] = useState<AskError | null>(null);
  const [isLoading, setLoading] = useState(false);
  const leaving = useRef<AbortController | undefined>(undefined);
  const load = useCallback(
    (before: Loaded): void => {
      leaving.current?.abort();
      if (query === null) return;
      const mine = new AbortController();
      leaving.current = mine;
      setLoading(true);
      const page = { ...query, limit: String(PAGE), ...(before.next !== null && { cursor: before.next }) };
      ask<JobsPage>(ofQueue(queue, 'jobs', page), { signal: mine.signal })
        .then(
          (answer) => {
            setLoaded(append(before, answer));
            setError(null);
          },
          (failed: AskError) => mine.signal.aborted || setError(failed),
        )
        .finally(() => mine === leaving.current && setLoading(false));
    },
    [queue, key],
  );
  useEffect(() => {
    setLoaded(none);
    load(none);
    return () => leaving.current?.abort();
  }, [load]);
  return {
    ...loaded,
    hasMore: loaded.next !== null,
    isLoading,
    error,
    more: () => loaded.next !== null && !isLoading && load(loaded),
    reload: () => load(none),
  };
}

/** A job that moved between two pages may come twice. */
function append(before: Loaded, { jobs, looked, total, next }: JobsPage): Loaded {
  const known = new Set(before.jobs.map(({ id }) => id));
  return {
    jobs: [...before.jobs, ...jobs.filter(({ id }) => !known.has(id))],
    looked: before.looked + looked,
    total,
    next,
    readAt: before.readAt === 0 ? Date.now() : before.readAt,
  };
}
