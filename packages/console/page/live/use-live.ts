import { useEffect, useState } from 'preact/hooks';
import { liveFeed, type LiveState } from './live-feed.ts';

/** The state of the stream, as it changes. */
export function useLive(): LiveState {
  const [state, setState] = useState(liveFeed.state);
  useEffect(() => {
    setState(liveFeed.state);
    return liveFeed.subscribe(() => setState(liveFeed.state));
  }, []);
  return state;
}

/** Has the stream be about this queue, or about all, while the component is there. */
export function useShown(queue: string | null): void {
  useEffect(() => liveFeed.show(queue), [queue]);
}
