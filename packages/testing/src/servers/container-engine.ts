import type * as ContainerServer from './container-server.ts';

/** Testcontainers is an optional peer, loaded only when asked for: that takes longer than to start a local Redis. */
const PACKAGES = ['testcontainers', '@testcontainers/redis'] as const;

/** Whether containers can be had, as far as this process knows. */
let isPossible: boolean | undefined;

/**
 * Starts what needs a container, where Testcontainers is installed and its engine can run it. Looked at once in a process; null where
 * it cannot be: nobody may have asked for a container.
 */
export async function tryContainer<T>(start: () => Promise<T>): Promise<T | null> {
  isPossible ??= await reachesEngine();
  if (!isPossible) return null;
  try {
    return await start();
  } catch (error) {
    isPossible = false;
    const reason = error instanceof Error ? error.message : String(error);
    process.emitWarning(
      `no Redis in a container (${reason.trim()}), so tests use a private server; SLUICE_TEST_REDIS=local says so at once`,
    );
    return null;
  }
}

async function reachesEngine(): Promise<boolean> {
  if (!PACKAGES.every(isInstalled)) return false;
  const { getContainerRuntimeClient } = await import('testcontainers');
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** @throws Error that says what to install, or what else to use */
export async function importContainerServer(): Promise<typeof ContainerServer> {
  const missing = PACKAGES.filter((name) => !isInstalled(name));
  if (missing.length === 0) return import('./container-server.ts');
  throw new Error(
    `a Redis in a container needs the package${missing.length > 1 ? 's' : ''} ${missing.join(' and ')}: ` +
      `npm install --save-dev ${PACKAGES.join(' ')}; or use a private server: SLUICE_TEST_REDIS=local`,
  );
}
