import { Resolver } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import { isLocalName } from './address-policy.ts';
import { HostsFile } from './hosts-file.ts';
import { SystemLookups } from './system-lookups.ts';

/** How name servers are asked. `node:dns/promises`' Resolver. */
export interface NameServers {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
}

export interface NameResolverOptions {
  hosts?: Pick<HostsFile, 'addressesOf'>;
  system?: Pick<SystemLookups, 'addressesOf'>;
  /** Default: those of the system, read anew each minute. */
  nameServers?: () => NameServers;
}

/** How much longer one family of addresses is waited for once the other is there (RFC 8305 §3). */
const OTHER_FAMILY_MS = 50;

/** What only the name server can put right; asking the system, which asks the same one, would take long and help nothing. */
const SERVER_FAULTS = /^(ETIMEOUT|ESERVFAIL)$/;

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Turns names into addresses without Node's few threads, so that names whose servers are slow or silent keep nobody
 * waiting. In the order of a usual system: the file of hosts, name servers, and for names that these do not know all
 * else that the system may know, a few at a time.
 */
export class NameResolver {
  readonly #hosts: Pick<HostsFile, 'addressesOf'>;
  readonly #system: Pick<SystemLookups, 'addressesOf'>;
  readonly #nameServers: () => NameServers;

  constructor({ hosts = new HostsFile(), system = new SystemLookups(), nameServers }: NameResolverOptions = {}) {
    this.#hosts = hosts;
    this.#system = system;
    this.#nameServers = nameServers ?? refreshed(() => new Resolver({ timeout: 2_500, tries: 3 }));
  }

  /** @throws an error with a code of getaddrinfo or c-ares */
  async addressesOf(name: string, signal: AbortSignal): Promise<readonly LookupAddress[]> {
    const listed = await this.#hosts.addressesOf(name);
    if (listed.length > 0) return listed;
    if (isLocalName(name)) return LOOPBACK;
    // Without a dot it is meant for the search domains, which the system knows.
    if (!name.includes('.')) return this.#system.addressesOf(name, signal);
    try {
      return await this.#ask(name);
    } catch (error) {
      if (SERVER_FAULTS.test(codeOf(error))) throw error;
      return this.#system.addressesOf(name, signal);
    }
  }

  async #ask(name: string): Promise<LookupAddress[]> {
    const servers = this.#nameServers();
    const v4 = servers.resolve4(name).then((all) => all.map((address) => ({ address, family: 4 })));
    const v6 = servers.resolve6(name).then((all) => all.map((address) => ({ address, family: 6 })));
    // One that fails counts as none if the other succeeds.
    const first = await Promise.any([v4, v6]).catch(({ errors }: AggregateError) => {
      throw worst(errors);
    });
    const late = new Promise<LookupAddress[]>((resolve) => setTimeout(resolve, OTHER_FAMILY_MS, []));
    const [all4, all6] = await Promise.all([v4, v6].map((family) => Promise.race([family, late]).catch(() => [])));
    const all = [...(all6 ?? []), ...(all4 ?? [])];
    return all.length > 0 ? all : first;
  }
}

/** A server that was silent about one family may know the name, whatever it said of the other. */
function worst(errors: readonly unknown[]): unknown {
  return errors.find((error) => SERVER_FAULTS.test(codeOf(error))) ?? errors[0];
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Which name servers there are may change, with a VPN for one; a resolver looks only when it is made. */
function refreshed(make: () => NameServers): () => NameServers {
  let current = make();
  let madeAtMs = performance.now();
  return () => {
    if (performance.now() - madeAtMs > 60_000) {
      current = make();
      madeAtMs = performance.now();
    }
    return current;
  };
}
