import { UsageError } from '../cli-errors.ts';

/**
 * Host, port and database of a Redis URL, without user name and password: fit to be stored and shown.
 *
 * @throws UsageError when it is no redis:, rediss: or unix: URL. The message does not repeat it: it may hold a password.
 */
export function redisAddressOf(redisUrl: string): string {
  const url = URL.parse(redisUrl);
  if (url?.protocol === 'unix:') return url.pathname;
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:') || url.hostname === '') {
    throw new UsageError(
      '--redis must be a URL such as redis://localhost:6379, rediss://host:6380/2 or unix:///path/to.sock',
    );
  }
  return `${url.hostname}:${url.port || 6379}${url.pathname === '/' ? '' : url.pathname}`;
}
