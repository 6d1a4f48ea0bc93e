import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of an append-only log in the format of Redis 7: a base state, and the commands since. */
export interface AofFiles {
  /** The state before the first transaction: an RDB or AOF file; null when it began empty. */
  base: string | null;
  /** The commands since, in order. */
  increments: readonly string[];
}

/**
 * Finds the files of the log in a server's data folder, by its manifest.
 *
 * @param dataDir the server's `dir`, the folder that holds `appendonlydir`.
 * @throws Error when there is no manifest: the server keeps no log, or is older than Redis 7.
 */
export async function findAofFiles(dataDir: string): Promise<AofFiles> {
  const folder = join(dataDir, 'appendonlydir');
  const manifest = await readFile(join(folder, 'appendonly.aof.manifest'), 'utf8').catch((cause: unknown) => {
    throw new Error(`no append-only log of Redis 7 or later in ${dataDir}`, { cause });
  });
  const entries = parseManifest(manifest);
  const base = entries.find(({ type }) => type === 'b');
  const increments = entries.filter(({ type }) => type === 'i').sort((a, b) => a.sequence - b.sequence);
  return {
    base: base ? join(folder, base.file) : null,
    increments: increments.map(({ file }) => join(folder, file)),
  };
}

interface ManifestEntry {
  file: string;
  sequence: number;
  /** Base, history (rewritten, about to be deleted) or incremental. */
  type: 'b' | 'h' | 'i';
}

const ENTRY = /^file (\S+) seq (\d+) type ([bhi])/;

/** Lines such as `file appendonly.aof.1.incr.aof seq 1 type i`. */
export function parseManifest(text: string): ManifestEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, file = '', sequence, type] = ENTRY.exec(line) ?? [];
      if (file === '') throw new Error(`not a line of an append-only log's manifest: ${line}`);
      return { file, sequence: Number(sequence), type: type as ManifestEntry['type'] };
    });
}
