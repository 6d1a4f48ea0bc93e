import { useEffect } from 'preact/hooks';
import { liveFeed } from '../live/live-feed.ts';

/** The keys of every page, for the dialog that lists them. */
export const keys = [
  ['/', 'go to the search'],
  ['j, k', 'next row, row before'],
  ['Enter', 'open the row'],
  ['p', 'pause and resume'],
  ['h', 'all queues'],
  ['?', 'this list'],
] as const;

/** Listens for them. They do nothing while something is written, or with a modifier. */
export function useKeys(onHelp: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target, key } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
      if (target instanceof HTMLElement && target.matches('input, textarea, select')) return;
      if (run(key, onHelp)) event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

function run(key: string, onHelp: () => void): boolean {
  switch (key) {
    case '/':
      return focus(document.querySelector('[data-search]'));
    case 'j':
      return moveRow(1);
    case 'k':
      return moveRow(-1);
    case 'p':
      liveFeed.setPaused(liveFeed.state.status !== 'paused');
      return true;
    case 'h':
      location.hash = '#/';
      return true;
    case '?':
      onHelp();
      return true;
    default:
      return false;
  }
}

function moveRow(by: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by));
  return focus(rows[next]?.querySelector('a') ?? null);
}

function focus(element: Element | null): boolean {
  if (!(element instanceof HTMLElement)) return false;
  element.focus();
  element.scrollIntoView({ block: 'nearest' });
  return true;
}
