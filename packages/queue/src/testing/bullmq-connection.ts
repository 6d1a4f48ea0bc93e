import type { ConnectionOptions } from 'bullmq';

/** A test server's URL as plain BullMQ wants it. */
export function connectionOf(url: string): ConnectionOptions {
  return url.startsWith('unix://') ? { path: url.slice('unix://'.length) } : { url };
}
