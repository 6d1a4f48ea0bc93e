import type { Redis } from 'ioredis';
import { sluiceKeys } from '../keys/queue-keys.ts';

const CONFIRMED_FOR_MS = 60_000;

/** Confirms that a delivery was settled as cancelled: its job may be removed from Redis at once. Best effort. */
export function confirmCancel(client: Redis, base: string, fence: number): void {
  client.set(`${base}${sluiceKeys.cancelled}${fence}`, '1', 'PX', CONFIRMED_FOR_MS).catch(() => undefined);
}
