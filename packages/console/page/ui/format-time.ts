import { duration } from './format.ts';

const two = (value: number): string => String(value).padStart(2, '0');

/** 2026-11-28 04:05:06.789, in the zone that the foot of the page names. */
export function exactTime(ms: number): string {
  const at = new Date(ms);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return `${date} ${time}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

/** 3 m ago, in 2 h. */
export function relative(ms: number, nowMs: number): string {
  const away = nowMs - ms;
  return away >= 0 ? `${duration(away)} ago` : `in ${duration(-away)}`;
}
