const scheme = 'unix://';

/** The address of a socket. Characters that mean something in a URL (`%`, `?`, `#`, blanks) are percent-encoded. */
export function socketUrl(path: string): string {
  return scheme + path.split('/').map(encodeURIComponent).join('/');
}

/** The path of the socket that an address names; null when it names none. */
export function socketPathOf(url: string): string | null {
  return url.startsWith(scheme) ? decodeURIComponent(url.slice(scheme.length)) : null;
}
