import { Cluster, Redis } from 'ioredis';
import type { RedisInput } from '../redis/redis-input.ts';

/**
 * A description of the same Redis that can be sent to another thread. A client becomes its options. Functions cannot be
 * sent: those that decide about reconnecting are ours anyway; a client with a connector of its own, or with a TLS check that
 * is a function, cannot be described.
 */
export function portableInput(input: RedisInput | Cluster): RedisInput {
  if (typeof input === 'string') return input;
  if (input instanceof Redis) return withoutFunctions(input.options) as RedisInput;
  if (input instanceof Cluster) return describeCluster(input) as RedisInput;
  return withoutFunctions(input) as RedisInput;
}

function describeCluster(cluster: Cluster): object {
  const nodes: unknown = Reflect.get(cluster, 'startupNodes');
  return { cluster: withoutFunctions(nodes), options: withoutFunctions(cluster.options) };
}

/** A copy of plain data; what structured cloning would refuse is left out. */
function withoutFunctions(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(isPortable).map(withoutFunctions);
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  const entries = Object.entries(value).filter(([, each]) => isPortable(each));
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutFunctions(each)]));
}

function isPortable(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null) return true;
  return isPlain(value) || Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof Date;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
