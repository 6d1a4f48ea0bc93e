import { infoField } from './info-field.ts';

type Version = readonly [major: number, minor: number, patch: number];

/** A version line of a server, and the first of its releases that has the fix; null where none could be found. */
interface Line {
  readonly line: `${number}.${number}`;
  readonly fixedIn: Version | null;
}

/**
 * CVE-2026-23479: a use after free when a client that is blocked is served, which every idle pool and every wait for a result
 * is. An authenticated user may run code of its own by it. Redis 7.2.0 to 8.6.2, and Valkey. The releases that fix it also fix
 * CVE-2026-23631, a use after free in Lua scripts. From the release notes of both projects, as of November 2026.
 */
const redisLines: readonly Line[] = [
  { line: '7.2', fixedIn: [7, 2, 14] },
  { line: '7.4', fixedIn: [7, 4, 9] },
  { line: '8.0', fixedIn: null },
  { line: '8.2', fixedIn: [8, 2, 6] },
  { line: '8.4', fixedIn: [8, 4, 3] },
  { line: '8.6', fixedIn: [8, 6, 3] },
];
const valkeyLines: readonly Line[] = [
  { line: '7.2', fixedIn: [7, 2, 13] },
  { line: '8.0', fixedIn: [8, 0, 8] },
  { line: '8.1', fixedIn: [8, 1, 7] },
  { line: '9.0', fixedIn: [9, 0, 4] },
];

export interface MissingFix {
  readonly cve: string;
  readonly server: 'Redis' | 'Valkey';
  readonly version: string;
  /** The first release of the same line that has the fix; null where none is known: another line is needed. */
  readonly fixedIn: string | null;
}

/**
 * The fix that a server lacks by the version that it states in INFO, or null. Of a line that is not known here, nothing is said;
 * a distributor may have fixed an older version under its old number.
 */
export function missingFix(info: string): MissingFix | null {
  const valkey = infoField(info, 'valkey_version');
  const version = valkey ?? infoField(info, 'redis_version') ?? '';
  const [, line, patch] = /^(\d+\.\d+)\.(\d+)/.exec(version) ?? [];
  const known = (valkey === undefined ? redisLines : valkeyLines).find((each) => each.line === line);
  if (!known || Number(patch) >= (known.fixedIn?.[2] ?? Infinity)) return null;
  const server = valkey === undefined ? 'Redis' : 'Valkey';
  return { cve: 'CVE-2026-23479', server, version, fixedIn: known.fixedIn?.join('.') ?? null };
}
