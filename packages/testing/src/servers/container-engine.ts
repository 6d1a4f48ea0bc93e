import type * as ContainerServer from './container-server.ts';

/** Testcontainers is an optional peer, loaded only when asked for: that takes longer than to start a local Redis. */
const PACKAGES = ['testcontainers', '@testcontainers/redis'] as const;

let found: Promise<boolean> | undefined;

/** Whether Testcontainers is installed and reaches a container engine. Looked at once in a process. */
export function findContainerEngine(): Promise<boolean> {
  found ??= reachesEngine();
  return found;
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
