const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS_MS;

/**
 * Milliseconds of `1500ms`, `5s`, `2m`, `1.5h`, `7d`, or of a plain number, which is milliseconds already; null for
 * anything else. The answer is a whole number.
 */
export function parseDuration(text: string): number | null {
  const [, amount, unit = 'ms'] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)?$/.exec(text.trim()) ?? [];
  if (amount === undefined) return null;
  const durationMs = Number(amount) * UNITS_MS[unit as Unit];
  return Number.isSafeInteger(Math.round(durationMs)) ? Math.round(durationMs) : null;
}

/** The shortest way to write a duration that {@link parseDuration} reads back: `1500ms`, `20s`, `2m`. */
export function formatDuration(durationMs: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (durationMs > 0 && durationMs % UNITS_MS[unit] === 0) return `${durationMs / UNITS_MS[unit]}${unit}`;
  }
  return `${durationMs}ms`;
}
