import { readFileSync } from 'node:fs';

const settings = readFileSync(new URL('../../../pnpm-workspace.yaml', import.meta.url), 'utf8');

/** Versions of the registry's packages as this repository pins them: `pinned('bullmq', 'zod')`. */
export function pinned(...names: readonly string[]): Record<string, string> {
  const versions = readCatalog('catalog');
  return Object.fromEntries(names.map((name) => [name, versions.get(name) ?? missing(name)]));
}

/** The range of a peer, with its end: `oldestPeer('bullmq')` is the first version that it names. */
export function oldestPeers(...names: readonly string[]): Record<string, string> {
  const ranges = readCatalog('  peers');
  return Object.fromEntries(
    names.map((name) => [name, /\d+\.\d+\.\d+/.exec(ranges.get(name) ?? '')?.[0] ?? missing(name)]),
  );
}

/** The peers' ranges by their names. */
export function peerRanges(): ReadonlyMap<string, string> {
  return readCatalog('  peers');
}

/** The entries of the block that begins with this line. */
function readCatalog(title: string): ReadonlyMap<string, string> {
  const [, block = ''] = settings.split(`\n${title}:\n`);
  const lines = block.split('\n');
  const indent = /^ */.exec(title)?.[0].length ?? 0;
  const end = lines.findIndex((line) => line.trim() === '' || (/^ */.exec(line)?.[0].length ?? 0) <= indent);
  const entries = lines.slice(0, end).map((line) => /^ *'?([^':]+)'?: '?([^']+)'?$/.exec(line));
  return new Map(entries.map((entry) => [entry?.[1] ?? '', entry?.[2] ?? '']));
}

function missing(name: string): never {
  throw new Error(`pnpm-workspace.yaml names no ${name}`);
}
