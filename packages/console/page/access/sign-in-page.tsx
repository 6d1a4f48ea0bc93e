import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ask } from '../api/ask.ts';
import { useTitle } from '../shell/use-title.ts';
import { useSession } from './session.ts';

/** Asks for an API key. The page forgets it: the browser keeps it in a cookie that no script reads. */
export function SignInPage(): JSX.Element {
  useTitle('Sign in');
  const { check } = useSession();
  const [key, setKey] = useState('');
  const [failed, setFailed] = useState<string | null>(null);
  const signIn = (event: Event): void => {
    event.preventDefault();
    ask('v1/session', { method: 'POST', body: { key: key.trim() } }).then(check, (error: Error) =>
      setFailed(error.message),
    );
  };
  return (
    <form class="sign-in" onSubmit={signIn}>
      <h1>Sign in</h1>
      <label class="field">
        <span>API key</span>
        <input
          type="password"
          autocomplete="current-password"
          required
          value={key}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
      </label>
      {failed !== null && (
        <p class="bad" role="alert">
          {failed}
        </p>
      )}
      <button type="submit" class="primary">
        Sign in
      </button>
      <p>
        A key that may <code>read</code> shows the queues; to act on jobs it must be allowed to <code>operate</code>.
        This makes one:
      </p>
      <pre>npx @sluice/cli keys add --client me --verbs read,operate</pre>
    </form>
  );
}
