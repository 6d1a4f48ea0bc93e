import type { ConnectionOptions } from 'bullmq';
import { openCluster, sharedConnectionName } from '@sluice/testing';
import { readRedisAddress } from '../store/connection/read-redis-address.ts';

/** A test server's URL as plain BullMQ wants it. BullMQ makes a cluster's client from no options: it gets one that is shared. */
export function connectionOf(url: string): ConnectionOptions {
  if (url.includes(',')) return sharedCluster(url);
  const path = readRedisAddress(url).servers?.[0].path;
  return path === undefined ? { url } : { path };
}

const clusters = new Map<string, ReturnType<typeof openCluster>>();

function sharedCluster(url: string): ConnectionOptions {
  const known = clusters.get(url);
  if (known) return known;
  const cluster = openCluster(url, { connectionName: sharedConnectionName, maxRetriesPerRequest: null });
  cluster.options.clusterRetryStrategy = () => null; // it ends when its servers do
  clusters.set(url, cluster);
  return cluster;
}
