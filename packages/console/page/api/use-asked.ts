import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { liveFeed } from '../live/live-feed.ts';
import { ask, type AskError } from './ask.ts';

/** What was asked for: the last answer stays until the next is there. */
export interface Asked<Answer> {
  readonly data: Answer | null;
  readonly error: AskError | null;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/**
 * Asks for a path, again when it changes.
 *
 * @param everyMs asks again after this time, while the page is live and seen; 0 for never
 */
export function useAsked<Answer>(path: string | null, everyMs = 0): Asked<Answer> {
  const [state, setState] = useState<{ path: string | null; data: Answer | null; error: AskError | null }>({
    path,
    data: null,
    error: null,
  });
  const [isLoading, setLoading] = useState(path !== null);
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const isBusy = useRef(false);
  useEffect(() => {
    if (path === null) return;
    const leaving = new AbortController();
    setLoading(true);
    isBusy.current = true;
    ask<Answer>(path, { signal: leaving.signal })
      .then(
        (data) => setState({ path, data, error: null }),
        (error: AskError) => {
          if (!leaving.signal.aborted)
            setState((before) => ({ path, data: before.path === path ? before.data : null, error }));
        },
      )
      .finally(() => {
        if (leaving.signal.aborted) return;
        isBusy.current = false;
        setLoading(false);
      });
    return () => leaving.abort();
  }, [path, turn]);
  useEffect(() => {
    if (everyMs === 0) return;
    const timer = setInterval(() => {
      if (!document.hidden && !isBusy.current && liveFeed.state.status === 'live') reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, reload]);
  const isOfPath = state.path === path;
  return { data: isOfPath ? state.data : null, error: isOfPath ? state.error : null, isLoading, reload };
}
