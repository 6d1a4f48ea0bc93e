import type { HttpAnswer } from '../http-pool.ts';

/** A body that is not wanted is read up to here, so that its connection can be used again. */
const SKIP_MAX_BYTES = 64 * 1024;
const SKIP_MAX_MS = 1_000;

/** Gets a body out of the way: reads a short and quick one, gives up the connection of any other. Never throws. */
export async function skipBody({ body }: HttpAnswer, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(SKIP_MAX_MS)]);
  await body.dump({ limit: SKIP_MAX_BYTES, signal: limit }).catch(() => body.destroy());
}
