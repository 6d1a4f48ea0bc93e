import type { SluiceStamp, StoredOptions } from './stored-options.ts';

/**
 * The options of a job as it was stored, by whatever client. What cannot be read is taken for nothing: an odd job must not fail in
 * the middle of its attempt, where nothing would end it, nor cost the others of its run their lease. All else stays as it is, its
 * order too: the next iteration of a job scheduler is written from it.
 */
export function readOptions(json: string | null | undefined): StoredOptions {
  const options: Record<string, unknown> = { ...asObject(parse(json)) };
  if (!isCount(options['attempts'], 0)) delete options['attempts'];
  if (!isBackoff(options['backoff'])) delete options['backoff'];
  if ('sluice' in options) options['sluice'] = readStamp(asObject(options['sluice']));
  return options as StoredOptions;
}

function readStamp(stored: Readonly<Record<string, unknown>>): SluiceStamp {
  const stamp = { ...stored };
  if (!isCount(stamp['v'], 1)) delete stamp['v'];
  if (!isCount(stamp['t'], 1)) delete stamp['t'];
  if (!isCount(stamp['e'], 0) || stamp['e'] > LAST_DATE_MS) delete stamp['e'];
  return stamp;
}

/** The last moment that a Date can hold. */
const LAST_DATE_MS = 8.64e15;

function isBackoff(value: unknown): boolean {
  if (typeof value !== 'object') return isAmount(value);
  const { type, delay = 0, jitter = 0 } = asObject(value);
  return typeof type === 'string' && isAmount(delay) && isAmount(jitter) && jitter <= 1;
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function parse(json: string | null | undefined): unknown {
  try {
    return json ? JSON.parse(json) : null;
  } catch {
    return null;
  }
}
