import { startLocalServer } from './local-server.ts';
import type { TestServer, TestServerOptions } from './test-server.ts';

/** Where tests get their Redis: private processes of this machine, one or a cluster, or a Testcontainers container. */
export interface RedisSource {
  /** Where it comes from. */
  kind: 'local' | 'container' | 'cluster';
  /** The container's image. Default `redis:8-alpine`. */
  image?: string;
}

/** Starts a Redis from the given source. Local by default: it starts in about 30 ms and needs no Docker. */
export async function startTestServer(
  options: TestServerOptions = {},
  source: RedisSource = { kind: 'local' },
): Promise<TestServer> {
  switch (source.kind) {
    case 'local':
      return startLocalServer(options);
    case 'container': {
      // Loaded only when asked for: Testcontainers takes longer to load than a local Redis to start.
      const { startContainerServer } = await import('./container-server.ts');
      return startContainerServer(source.image === undefined ? options : { ...options, image: source.image });
    }
    case 'cluster': {
      const { startClusterServer } = await import('./cluster-server.ts');
      return startClusterServer(options);
    }
    default:
      throw new Error(`unknown kind of Redis: ${String(source.kind satisfies never)}`);
  }
}
