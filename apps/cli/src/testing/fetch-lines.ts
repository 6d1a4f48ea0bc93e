import type { FetchLine } from '../run/input/fetch-line.ts';
import type { HostLimiter } from '../run/hosts/host-limiter.ts';

let lines = 0;

/** A line of a list, with a number and a URL of its own. */
export function lineOf(host: string): FetchLine {
  lines += 1;
  return { line: lines, url: `http://${host}/${lines}`, shownUrl: '', host };
}

/** Takes all that may go out now. */
export function takeAll(limiter: HostLimiter): FetchLine[] {
  const taken: FetchLine[] = [];
  for (let line = limiter.take(); line; line = limiter.take()) taken.push(line);
  return taken;
}
