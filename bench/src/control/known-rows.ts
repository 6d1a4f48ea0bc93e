import type { ControlRow } from './control-row.ts';
import { cancelRow } from './rows/cancel.ts';
import { dedupeRow } from './rows/dedupe.ts';
import { eventsRow } from './rows/events.ts';
import { flowRow } from './rows/flow.ts';
import { growthRow } from './rows/growth.ts';
import { historyRow } from './rows/history.ts';
import { latenessRow } from './rows/lateness.ts';
import { limitsRow } from './rows/limits.ts';
import { memoryRow } from './rows/memory.ts';
import { poisonRow } from './rows/poison.ts';
import { queuesRow } from './rows/queues.ts';
import { replayRow } from './rows/replay.ts';

/** In the order of the page. */
export const controlRows: readonly ControlRow[] = [
  cancelRow,
  poisonRow,
  replayRow,
  latenessRow,
  limitsRow,
  historyRow,
  eventsRow,
  memoryRow,
  dedupeRow,
  flowRow,
  growthRow,
  queuesRow,
];

export const controlRowNames: readonly string[] = controlRows.map(({ name }) => name);
