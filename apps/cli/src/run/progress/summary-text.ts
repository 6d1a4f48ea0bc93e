import type { RunSummary } from '../run-options.ts';

/** What a person wants to know at the end of a run. */
export function summaryText(summary: RunSummary): string {
  const {
    lines,
    fetched,
    failed,
    timedOut,
    retried,
    givenUp,
    alreadyDone,
    highestDepth,
    capacity,
    waits,
    limits,
    workers,
  } = summary;
  const rows = [
    ['results', `${number(lines)}${alreadyDone > 0 ? `, ${number(alreadyDone)} of them from before` : ''}`],
    ['fetched', number(fetched)],
    ['failed', `${number(failed)}${timedOut > 0 ? `, ${number(timedOut)} of them timed out` : ''}`],
    ['retried', number(retried)],
    ...(givenUp === 0 ? [] : [['left', `${number(givenUp)}, whose hosts asked to be left alone for too long`]]),
    [
      'queue',
      `at most ${number(highestDepth)} of ${number(capacity)}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`,
    ],
    ['waits', waitsText(waits)],
    ...(limits.length === 0 ? [] : [['limited', limitsText(limits)]]),
    ['took', seconds(summary.elapsedMs)],
    ...(summary.out === null ? [] : [['written', summary.out]]),
  ];
  return rows.map(([label = '', value = '']) => `${label.padEnd(9)}${value}\n`).join('');
}

function waitsText({ count, totalMs, longestMs }: RunSummary['waits']): string {
  if (count === 0) return 'none: the queue was never full';
  return `${number(count)} puts waited for capacity, ${seconds(totalMs / count)} on average, ${seconds(longestMs)} at most`;
}

/** Which option to change, when it is to go faster. */
function limitsText(limits: RunSummary['limits']): string {
  return limits
    .map(({ by, share }, at) => `${at === 0 ? 'by ' : ''}${by} for ${Math.round(share * 100)} % of the time`)
    .join(', ');
}

function seconds(ms: number): string {
  return ms < 60_000
    ? `${(ms / 1_000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
