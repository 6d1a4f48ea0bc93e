import type { HookHandlerDoneFunction } from 'fastify';

/**
 * For hooks that have to wait for some requests only, and call back at once for the others: a hook that answers with a promise makes
 * Fastify wait for it with every request, and watch each reply meanwhile.
 */
export async function callBack(check: Promise<unknown>, done: HookHandlerDoneFunction): Promise<void> {
  try {
    await check;
  } catch (error) {
    return done(error as Error);
  }
  done();
}
