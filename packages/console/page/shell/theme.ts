import { useEffect, useState } from 'preact/hooks';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const KEY = 'sluice-theme';
const CHANGED = 'sluice-theme-changed';

/** As it was chosen in this browser. */
export function readTheme(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return themes.find((theme) => theme === stored) ?? 'system';
  } catch {
    return 'system'; // a browser that lets no page store anything
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // it holds until the tab is closed
  }
  applyTheme(theme);
  dispatchEvent(new Event(CHANGED));
}

/** Changes when the colours do: `dark` or `light`. */
export function useTheme(): string {
  const [dark, setDark] = useState(isDark);
  useEffect(() => {
    const read = (): void => setDark(isDark());
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', read);
    addEventListener(CHANGED, read);
    return () => {
      system.removeEventListener('change', read);
      removeEventListener(CHANGED, read);
    };
  }, []);
  return dark ? 'dark' : 'light';
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : chosen === 'dark';
}
