import { InvalidArgumentError } from 'commander';
import { formatDuration, parseDuration } from '@sluice/service';

/** Reads a whole number of a range. */
export function count(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** Reads a duration of a range, with its unit: a bare number is refused, because it could mean seconds or milliseconds. */
export function duration(leastMs: number, mostMs: number): (text: string) => number {
  return (text) => {
    const value = /[a-z]$/.test(text.trim()) ? parseDuration(text) : null;
    if (value !== null && value >= leastMs && value <= mostMs) return value;
    const range = `${formatDuration(leastMs)} to ${formatDuration(mostMs)}`;
    throw new InvalidArgumentError(`It must be a duration with its unit, such as 1500ms, 5s or 2m, from ${range}.`);
  };
}
