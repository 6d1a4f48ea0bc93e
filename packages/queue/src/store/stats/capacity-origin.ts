/** Whose number the capacity of a queue is. */
export interface CapacityOrigin {
  /**
   * - `set`: it was set at run time (`setCapacity`), and stands above every definition's.
   * - `definition`: it is that of the newest definition in use.
   * - `fallback`: Redis knows of no definition, as just after it was flushed; the next call writes down its own.
   */
  source: 'set' | 'definition' | 'fallback';
  /** Of the definition: the revision that it states, or else a digest of it. Null for the other two. */
  revision: number | string | null;
  /** Since when it holds, in milliseconds since the epoch by Redis's clock. Null when that is not known. */
  sinceMs: number | null;
}

/** Reads what read-stats.lua says of it. */
export function readOrigin(source: unknown, since: unknown, level: unknown, id: unknown): CapacityOrigin {
  const stated = Number(level);
  return {
    source: source as CapacityOrigin['source'],
    revision: source === 'definition' ? (stated > 0 ? stated : String(id)) : null,
    sinceMs: Number(since) || null,
  };
}
