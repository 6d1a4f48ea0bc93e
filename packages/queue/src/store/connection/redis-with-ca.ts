import { readFileSync } from 'node:fs';
import { DefinitionError } from '../../job/errors/index.ts';
import { isClusterInput } from './cluster-input.ts';
import { readInput, type RedisInput } from './redis-input.ts';

/**
 * The Redis at an address whose certificate must be signed by an authority of this file, as one that signed its own is. It holds
 * for Redis alone: what else the process connects to is checked as before.
 *
 * @param caFile path of a file with certificates in PEM; undefined: the address as it is
 * @throws DefinitionError when the file cannot be read or holds none, or the address has no TLS
 */
export function redisWithCa(address: string, caFile: string | undefined): RedisInput {
  if (caFile === undefined) return address;
  const ca = readCa(caFile);
  const input = readInput(address);
  if (!isClusterInput(input)) {
    if (!('tls' in input) || !input.tls) throw withoutTls();
    return { ...input, tls: { ...input.tls, ca } };
  }
  const { redisOptions } = input.options ?? {};
  if (!redisOptions?.tls) throw withoutTls();
  return {
    ...input,
    options: { ...input.options, redisOptions: { ...redisOptions, tls: { ...redisOptions.tls, ca } } },
  };
}

function readCa(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new DefinitionError(`redis: the file of its certificate authority cannot be read: ${String(error)}`);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new DefinitionError(`redis: ${path} holds no certificate in PEM`);
  }
  return text;
}

function withoutTls(): DefinitionError {
  return new DefinitionError(
    'redis: it has a certificate authority of its own (SLUICE_REDIS_CA_FILE), but its address no TLS: write rediss://',
  );
}
