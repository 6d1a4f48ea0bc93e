import { originText } from '../commands/capacity.ts';
import { shownAge, shownCount, shownRate } from '../queues/shown-values.ts';
import { tableLines, type Column } from '../queues/table.ts';
import type { QueueStatus, StatusLook } from './queue-status.ts';

const right = (title: string): Column => ({ title, align: 'right' });

const columns: readonly Column[] = [
  { title: 'QUEUE' },
  right('DEPTH'),
  right('CAPACITY'),
  right('FULL'),
  right('ACTIVE'),
  right('DELAYED'),
  right('OLDEST'),
  right('PRODUCERS WAIT'),
  right('PUT'),
  right('ENDED'),
  right('POOLS'),
  right('DEAD'),
  { title: 'STATE' },
];

/** A line for each queue, below the titles. */
export function statusTable({ queues, complete }: StatusLook): string[] {
  if (queues.length === 0) return ['no queues'];
  const rows = queues.map((status) => [
    status.queue,
    shownCount(status.depth),
    status.capacity === null ? 'none' : shownCount(status.capacity),
    shownShare(status),
    shownCount(status.active),
    shownCount(status.delayed),
    shownAge(status.oldestMs),
    waitersText(status),
    shownRate(status.putPerSecond),
    shownRate(status.endedPerSecond),
    shownCount(status.pools),
    shownCount(status.dead),
    stateText(status),
  ]);
  return [
    ...tableLines(columns, rows),
    ...(complete ? [] : ['there may be more queues: Redis holds more keys than were looked at']),
  ];
}

const BAR_CHARS = 30;

/** All that is known of one queue, in a few lines. */
export function statusBlock(status: QueueStatus): string[] {
  const { depth, capacity, over, active, waiting, prioritized, delayed, unserved, waitingChildren } = status;
  const share = capacity === null ? 0 : Math.min(1, depth / capacity);
  const filled = Math.round(share * BAR_CHARS);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_CHARS - filled)}]`;
  const size =
    capacity === null
      ? `${shownCount(depth)} jobs, no capacity`
      : `${bar} ${shownCount(depth)} of ${shownCount(capacity)} (${shownShare(status)})`;
  const state = stateText(status);
  const parts = [
    `active ${shownCount(active)}`,
    `waiting ${shownCount(waiting + prioritized)}`,
    `delayed ${shownCount(delayed)}${unserved > 0 ? ` (${shownCount(unserved)} put aside: no worker could run them)` : ''}`,
    ...(waitingChildren > 0 ? [`waiting for children ${shownCount(waitingChildren)}`] : []),
  ];
  const { producers, puts } = status.waiters;
  return [
    `${status.queue}  ${size}${over > 0 ? `, ${shownCount(over)} over` : ''}${state === '' ? '' : `  ${state.toUpperCase()}`}`,
    `  jobs       ${parts.join(', ')}; the oldest waits ${shownAge(status.oldestMs)}`,
    `  producers  ${producers === 0 ? 'none wait' : `${shownCount(producers)} wait with ${shownCount(puts)} puts`}`,
    `  workers    ${shownCount(status.pools)} ${status.pools === 1 ? 'pool' : 'pools'}`,
    `  rates      put ${shownRate(status.putPerSecond)}, ended ${shownRate(status.endedPerSecond)}`,
    `  kept       completed ${shownCount(status.completed)}, dead ${shownCount(status.dead)}; dropped so far ${shownCount(status.dropped)}`,
    `  capacity   ${originText(status.capacityFrom)}`,
    `  events     ${eventTexts[status.events]}`,
  ];
}

const eventTexts: Record<QueueStatus['events'], string> = {
  all: 'all are written',
  ended: 'only those of jobs that ended',
  none: 'none are written, but failures and what else runs in scripts of BullMQ',
};

function shownShare({ depth, capacity }: QueueStatus): string {
  return capacity === null ? '-' : `${Math.floor((depth / capacity) * 100)}%`;
}

function waitersText({ waiters: { producers, puts } }: QueueStatus): string {
  return producers === 0 ? '-' : `${shownCount(producers)} (${shownCount(puts)})`;
}

function stateText({ sealed, paused }: QueueStatus): string {
  return [...(sealed ? ['sealed'] : []), ...(paused ? ['paused'] : [])].join(', ');
}
