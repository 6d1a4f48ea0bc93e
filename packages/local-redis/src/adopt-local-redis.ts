import { realpath } from 'node:fs/promises';
import { askRedis, isListening } from './ask-redis.ts';
import { FolderLease } from './folder-lease.ts';
import { GuardedRedis } from './guarded-redis.ts';
import { guardRunningServer, type Guardian } from './guardian.ts';
import { findLeftServer } from './left-server.ts';
import type { LocalRedis } from './local-redis.ts';
import { recordServer } from './server-record.ts';
import { readEnvironment } from './environment.ts';

const LOOK_EVERY_MS = 250;

/**
 * Takes over the server that a killed process left running on `dir`. As a rule there is none, because its guardian ends
 * it; one is left when the guardian was killed too. A server that is being ended is waited for.
 *
 * @returns the server, with a new guardian, or null when none runs there, it does not answer, its owner lives, or another process was faster
 */
export async function adoptLocalRedis(dir: string): Promise<LocalRedis | null> {
  const real = await realpath(dir).catch(() => null);
  if (real === null) return null;
  const taken = await FolderLease.take(real);
  if ('owner' in taken) return null;
  const adopted = await adopt(taken.lease).catch(() => null);
  if (adopted === null) await taken.lease.end();
  return adopted;
}

async function adopt(lease: FolderLease): Promise<LocalRedis | null> {
  const record = await findLeftServer(lease.dir);
  if (record === null || (await askRedis(record.url, 'PING').catch(() => null)) === null) return null;
  const { url, pid, source, folder, last } = record;
  const guardian = await guardRunningServer(record, readEnvironment().env);
  const launched = { guardian, url, pid, source, folder, last };
  await recordServer(lease.dir, launched);
  tellWhenGone(url, guardian);
  guardian.unref();
  return new GuardedRedis(launched, lease);
}

/** An adopted server is nobody's child: only asking shows that it has ended. */
function tellWhenGone(url: string, guardian: Guardian): void {
  const timer = setInterval(() => {
    void isListening(url).then((listening) => {
      if (!listening) guardian.release('gone');
    });
  }, LOOK_EVERY_MS);
  timer.unref();
  void guardian.ended.then(() => clearInterval(timer));
}
