import type { SeenPut } from './seen-put.ts';
import { findDifferences, show } from './match.ts';

const SHOWN_MOST = 3;

/** What was there instead of what a test wanted: the puts of the job, nearest first, and how many others. */
export function describePuts(queue: string, job: string, puts: readonly SeenPut[], wanted: unknown): string {
  const same = puts.filter((put) => put.job === job);
  const others = puts.filter((put) => put.job !== job);
  return [
    ...(same.length === 0 ? [`  no put of ${job} was there`] : nearest(job, same, wanted)),
    ...(others.length === 0
      ? same.length === 0
        ? [`  queue ${queue} has seen no put at all`]
        : []
      : [`  other puts: ${countByJob(others)}`]),
  ].join('\n');
}

function nearest(job: string, puts: readonly SeenPut[], wanted: unknown): string[] {
  const ranked = puts
    .map((put) => ({ put, differences: findDifferences(wanted, put.payload) }))
    .toSorted((one, other) => one.differences.length - other.differences.length);
  const shown = ranked
    .slice(0, SHOWN_MOST)
    .flatMap(({ put, differences }) => [
      `    ${describePut(put)}`,
      ...differences.slice(0, 10).map((difference) => `      ${difference}`),
    ]);
  const noun = puts.length === 1 ? '1 put' : `${puts.length} puts`;
  return [
    `  ${noun} of ${job} ${puts.length === 1 ? 'was' : 'were'} there${puts.length > 1 ? ', nearest first' : ''}:`,
    ...shown,
  ];
}

/** One line: id, payload and what became of it. */
export function describePut({ id, payload, steps, error }: SeenPut): string {
  const last = [...steps].at(-1) ?? 'put';
  const why = error ? `, ${error.code}: ${error.message.split('\n', 1)[0]}` : '';
  const content = payload === undefined ? '(its payload was gone before it was read)' : show(payload);
  return `${id} ${content} (${last}${why})`;
}

/** Such as `2 of sms.send, 1 of fax.send`. */
export function countByJob(puts: readonly SeenPut[]): string {
  const counts = new Map<string, number>();
  for (const { job } of puts) counts.set(job, (counts.get(job) ?? 0) + 1);
  return [...counts].map(([job, count]) => `${count} of ${job}`).join(', ');
}
