import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Where a process runs: what a sweep compares when several processes died at once. Letters and digits. */
export interface ProcessPlace {
  /** The same for all processes of one running kernel, also in different containers. */
  readonly machine: string;
  /** The same for all threads of a process. */
  readonly process: string;
}

let place: ProcessPlace | undefined;

/** Of this process. Linux has an id of each boot, which its containers share; elsewhere the host's name stands for the machine. */
export function processPlace(): ProcessPlace {
  return (place ??= { machine: shortHash(bootId() ?? hostname()), process: shortHash(`${hostname()} ${process.pid}`) });
}

function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

const HASH_CHARS = 12;

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARS);
}
