import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { LookupAddress } from 'node:dns';

export interface HostsFileOptions {
  /** Default `/etc/hosts`. */
  path?: string;
  /** How long what was read counts. Default 5,000. */
  freshMs?: number;
  /** Monotonic milliseconds. */
  now?: () => number;
}

/** The names that the file of hosts gives addresses, which come before those of name servers. */
export class HostsFile {
  readonly #options: Required<HostsFileOptions>;
  #names: Promise<ReadonlyMap<string, readonly LookupAddress[]>> | null = null;
  #readAtMs = 0;

  constructor(options: HostsFileOptions = {}) {
    this.#options = { path: '/etc/hosts', freshMs: 5_000, now: () => performance.now(), ...options };
  }

  /** The addresses of a name; none when it is not listed. */
  async addressesOf(name: string): Promise<readonly LookupAddress[]> {
    const { path, freshMs, now } = this.#options;
    if (!this.#names || now() - this.#readAtMs > freshMs) {
      this.#readAtMs = now();
      // A machine may have no such file.
      this.#names = readFile(path, 'utf8').then(parseHosts, () => new Map());
    }
    return (await this.#names).get(name.toLowerCase()) ?? [];
  }
}

function parseHosts(text: string): Map<string, LookupAddress[]> {
  const hosts = new Map<string, LookupAddress[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/s, '').trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const name of names.map((each) => each.toLowerCase())) {
      hosts.set(name, [...(hosts.get(name) ?? []), { address, family }]);
    }
  }
  return hosts;
}
