import { useEffect, useState } from 'preact/hooks';
import type { BaseLocationHook, BaseSearchHook } from 'wouter-preact';

/** What stands behind the #: a path, and what is asked of it. The server never sees it, so payloads in filters are in no log. */
interface HashLocation {
  readonly path: string;
  readonly search: string;
}

function readHash(): HashLocation {
  const [path = '', search = ''] = location.hash.replace(/^#?\/?/, '').split('?', 2);
  return { path: `/${path}`, search };
}

function useHash(): HashLocation {
  const [hash, setHash] = useState(readHash);
  useEffect(() => {
    const read = (): void => setHash(readHash());
    read();
    addEventListener('hashchange', read);
    addEventListener('popstate', read);
    return () => {
      removeEventListener('hashchange', read);
      removeEventListener('popstate', read);
    };
  }, []);
  return hash;
}

function navigate(to: string, { replace = false }: { replace?: boolean } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', `#${to}`);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

const useHashSearch: BaseSearchHook = () => useHash().search;

/** wouter's hook of a location, as its own for hashes, but for the search: that stands behind the #, too. */
export const useHashLocation: BaseLocationHook = Object.assign(
  (): [string, typeof navigate] => [useHash().path, navigate],
  { hrefs: (href: string) => `#${href}`, searchHook: useHashSearch },
);
