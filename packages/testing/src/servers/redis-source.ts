/** Where tests get their Redis. */
export interface RedisSource {
  /**
   * - `auto`: a container where `@testcontainers/redis` is installed and a container engine answers, else `local`.
   * - `local`: a private process of this machine: redis-server or valkey-server on PATH, or fetched on Debian and Ubuntu.
   * - `container`: a container of its own, by Testcontainers.
   * - `cluster`: a Redis Cluster of three private processes.
   */
  kind: 'auto' | 'local' | 'container' | 'cluster';
  /** The container's image. Default `redis:8-alpine`. */
  image?: string;
  /** The server program of a `local` Redis, such as `/usr/bin/valkey-server`. Default: the first one on PATH. */
  binary?: string;
}

/** The values of `SLUICE_TEST_REDIS`. */
const KINDS = ['auto', 'local', 'container', 'cluster'] as const satisfies readonly RedisSource['kind'][];

/**
 * What the environment says about the Redis of tests: `SLUICE_TEST_REDIS` (`auto`, `local`, `container` or `cluster`),
 * `SLUICE_TEST_REDIS_IMAGE` (else `REDIS_IMAGE`) and `SLUICE_TEST_REDIS_BINARY`. An image alone asks for a container, a
 * binary alone for a local server, nothing for `auto`.
 *
 * @throws Error when a value is none of these, or two of them contradict each other
 */
export function readRedisSource(env: NodeJS.ProcessEnv = process.env): RedisSource {
  const { SLUICE_TEST_REDIS: given, SLUICE_TEST_REDIS_IMAGE: own, SLUICE_TEST_REDIS_BINARY: binary } = env;
  const image = own || env['REDIS_IMAGE'];
  const kind = KINDS.find((known) => known === (given || defaultKind(own, binary)));
  if (!kind) throw new Error(`SLUICE_TEST_REDIS is ${given}; it must be ${KINDS.slice(0, -1).join(', ')} or cluster`);
  return checkSource({ kind, ...(image ? { image } : {}), ...(binary ? { binary } : {}) });
}

function defaultKind(image: string | undefined, binary: string | undefined): RedisSource['kind'] {
  if (binary) return 'local';
  return image ? 'container' : 'auto';
}

/** @throws Error when a server program is named for what is not started from one */
export function checkSource(source: RedisSource): RedisSource {
  if (source.binary === undefined || source.kind === 'local') return source;
  throw new Error(`a Redis binary (${source.binary}) is for a local server, but the kind asked for is ${source.kind}`);
}
