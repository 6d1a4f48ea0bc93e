const counts = new Intl.NumberFormat('en-US');

/** 1,204 */
export function count(value: number): string {
  return counts.format(value);
}

/** 0, 0.4, 12, 1,204: what happens in a second. */
export function perSecond(value: number): string {
  if (value === 0) return '0';
  return value < 10 ? value.toFixed(1) : counts.format(Math.round(value));
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** 340 ms, 4.2 s, 12 s, 3 m 4 s, 2 h 5 m, 3 d 2 h. */
export function duration(ms: number): string {
  const length = Math.max(0, ms);
  if (length < 1_000) return `${Math.round(length)} ms`;
  if (length < 10_000) return `${(length / 1_000).toFixed(1)} s`;
  const at = units.findIndex(([, unit]) => length >= unit);
  const [name, unit] = units[at] ?? units[3];
  const smaller = units[at + 1];
  const whole = Math.floor(length / unit);
  const rest = smaller ? Math.floor((length % unit) / smaller[1]) : 0;
  return smaller && rest > 0 ? `${whole} ${name} ${rest} ${smaller[0]}` : `${whole} ${name}`;
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** 512 B, 1.5 KiB, 12 MiB. */
export function bytes(value: number): string {
  const power = Math.min(byteUnits.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  const size = value / 1_024 ** power;
  return `${size < 10 && power > 0 ? size.toFixed(1) : Math.round(size)} ${byteUnits[power] ?? ''}`;
}

/** The time zone of all times that are shown. */
export const zone: string = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** One job, 2 jobs. */
export function plural(value: number, one: string, many: string = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
