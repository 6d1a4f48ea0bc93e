import type { JSX } from 'preact';
import { ask } from '../api/ask.ts';
import { liveFeed } from '../live/live-feed.ts';
import { useSession } from './session.ts';

export function SignOut({ client = '' }: { client: string | undefined }): JSX.Element {
  const { check } = useSession();
  const signOut = (): void => {
    ask('v1/session', { method: 'DELETE' }).then(() => {
      liveFeed.forget();
      check();
    }, check);
  };
  return (
    <button type="button" class="quiet" title={`signed in as ${client}`} onClick={signOut}>
      Sign out
    </button>
  );
}
