import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { useSession } from '../access/session.ts';
import { SignOut } from '../access/sign-out.tsx';
import { useLive } from '../live/use-live.ts';
import { zone } from '../ui/format.ts';
import { KeysDialog } from './keys-dialog.tsx';
import { useKeys } from './use-keys.ts';
import { LiveStatus } from './live-status.tsx';
import { chooseTheme, readTheme, type Theme, themes } from './theme.ts';

/** What stands around every page. */
export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  const [areKeysShown, showKeys] = useState(false);
  const main = useRef<HTMLElement>(null);
  const { trouble, readOnly, names } = useLive();
  const { session } = useSession();
  useKeys(() => showKeys(true));
  // Where a page has no control of its own to begin with, reading begins with its heading.
  useEffect(() => main.current?.focus({ preventScroll: true }), []);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the page
      </a>
      <header class="top">
        <Link href="/" class="brand">
          Sluice
        </Link>
        <nav aria-label="Pages">
          <Link href="/">Queues</Link>
          {session.signedIn && session.verbs.includes('admin') && <Link href="/access">Keys and audit</Link>}
        </nav>
        {readOnly && names !== null && <span class="badge warn">read-only</span>}
        {session.verbs.includes('read') && <LiveStatus />}
        <ThemeChoice />
        <button type="button" class="quiet" aria-haspopup="dialog" onClick={() => showKeys(true)}>
          Keyboard
        </button>
        {session.signedIn && <SignOut client={session.client} />}
      </header>
      {trouble !== null && (
        <p class="notice bad" role="alert">
          {trouble} What is shown is from before.
        </p>
      )}
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <footer>Times are in {zone}.</footer>
      {areKeysShown && <KeysDialog onClose={() => showKeys(false)} />}
    </>
  );
}

function ThemeChoice(): JSX.Element {
  const [theme, setTheme] = useState<Theme>(readTheme);
  const choose = (chosen: Theme): void => {
    chooseTheme(chosen);
    setTheme(chosen);
  };
  return (
    <label class="theme">
      <span class="hidden">Theme</span>
      <select value={theme} onChange={(event) => choose(event.currentTarget.value as Theme)}>
        {themes.map((each) => (
          <option key={each} value={each}>
            {each} theme
          </option>
        ))}
      </select>
    </label>
  );
}
