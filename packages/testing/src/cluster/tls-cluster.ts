import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedisSettings } from '@sluice/local-redis';
import { findFreePort } from './cluster-node.ts';
import { type LocalCluster, startLocalCluster } from './local-cluster.ts';
import { localhostCertificate } from './localhost-certificate.ts';

/** A Redis Cluster of one node that also speaks TLS, under a certificate that names `localhost` and no address. */
export interface TlsCluster extends AsyncDisposable {
  /** Of the port that speaks TLS. */
  readonly port: number;
  /** Of the port that does not. */
  readonly plainPort: number;
  /** The certificate authority to trust, as PEM. */
  readonly ca: string;
}

/** @param config more settings of redis.conf */
export async function startTlsCluster(config: RedisSettings = {}): Promise<TlsCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await Promise.all([writeFile(cert, localhostCertificate.cert), writeFile(key, localhostCertificate.key)]);
  const port = await findFreePort();
  let cluster: LocalCluster | undefined;
  const stop = async (): Promise<void> => {
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    cluster = await startLocalCluster({
      masters: 1,
      replicas: 0,
      config: {
        'tls-port': String(port),
        'tls-cert-file': cert,
        'tls-key-file': key,
        'tls-ca-cert-file': cert,
        'tls-auth-clients': 'no',
        'tls-cluster': 'yes',
        'cluster-announce-hostname': 'localhost',
        'cluster-preferred-endpoint-type': 'hostname',
        ...config,
      },
    });
    return {
      port,
      plainPort: cluster.nodes[0]?.port ?? 0,
      ca: localhostCertificate.cert,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
