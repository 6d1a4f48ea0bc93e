import { importContainerServer, tryContainer } from './container-engine.ts';
import { startLocalServer } from './local-server.ts';
import { checkSource, type RedisSource } from './redis-source.ts';
import type { TestServer, TestServerOptions } from './test-server.ts';

/**
 * Starts a Redis from the given source. Local by default: it starts in about 30 ms and needs no Docker.
 *
 * @throws Error when the source cannot be used here, with what to do
 */
export async function startTestServer(
  options: TestServerOptions = {},
  source: RedisSource = { kind: 'local' },
): Promise<TestServer> {
  const { kind, image, binary } = checkSource(source);
  switch (kind) {
    case 'auto':
      return (
        (await tryContainer(() => startTestServer(options, { ...source, kind: 'container' }))) ??
        startTestServer(options, { kind: 'local' })
      );
    case 'local':
      return startLocalServer(binary === undefined ? options : { ...options, binary });
    case 'container': {
      const { startContainerServer } = await importContainerServer();
      return startContainerServer(image === undefined ? options : { ...options, image });
    }
    case 'cluster': {
      const { startClusterServer } = await import('./cluster-server.ts');
      return startClusterServer(options);
    }
    default:
      throw new Error(`unknown kind of Redis: ${String(kind satisfies never)}`);
  }
}
