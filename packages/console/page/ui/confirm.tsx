import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from './dialog.tsx';

/** Asks before one thing is done, and says what came of it. */
export function Confirm({
  title,
  verb,
  kind = 'primary',
  typed,
  typedWhy,
  isValid = true,
  onRun,
  onClose,
  children,
}: {
  title: string;
  /** What the button says. */
  verb: string;
  kind?: 'primary' | 'danger';
  /** What has to be typed first, for what cannot be undone. */
  typed?: string;
  /** Why it has to be typed, where it is for something else. */
  typedWhy?: string;
  /** Whether what was filled in can be sent. */
  isValid?: boolean;
  /** Does it. Resolves to a sentence about what was done. */
  onRun: () => Promise<string>;
  onClose: () => void;
  children?: ComponentChildren;
}): JSX.Element {
  const [text, setText] = useState('');
  const [state, setState] = useState<{ busy?: boolean; done?: string; failed?: string }>({});
  const run = (): void => {
    setState({ busy: true });
    onRun().then(
      (done) => setState({ done }),
      (error: Error) => setState({ failed: error.message }),
    );
  };
  const isReady = isValid && !state.busy && (typed === undefined || text === typed);
  return (
    <Dialog title={title} onClose={onClose}>
      {state.done === undefined ? (
        <>
          {children}
          {typed !== undefined && <TypedName typed={typed} text={text} why={typedWhy} onText={setText} />}
          {state.failed !== undefined && (
            <p class="bad" role="alert">
              {state.failed}
            </p>
          )}
          <p class="actions">
            <button type="button" onClick={onClose}>
              Leave it
            </button>
            <button type="button" class={kind} disabled={!isReady} onClick={run}>
              {state.busy ? `${verb} …` : verb}
            </button>
          </p>
        </>
      ) : (
        <>
          <p role="status">{state.done}</p>
          <p class="actions">
            <button type="button" class="primary" onClick={onClose}>
              Close
            </button>
          </p>
        </>
      )}
    </Dialog>
  );
}

/** Has the name of the queue typed, so that nothing is lost by a slip. */
export function TypedName({
  typed,
  text,
  why = 'this cannot be undone',
  onText,
}: {
  typed: string;
  text: string;
  why?: string | undefined;
  onText: (text: string) => void;
}): JSX.Element {
  return (
    <label class="field">
      <span>
        Type <strong>{typed}</strong>: {why}
      </span>
      <input value={text} autocomplete="off" onInput={(event) => onText(event.currentTarget.value)} />
    </label>
  );
}
