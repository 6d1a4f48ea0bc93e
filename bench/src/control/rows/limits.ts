import type { ControlRow } from '../control-row.ts';

export const limitsRow: ControlRow = { name: 'limits', title: 'A take with limits on, against off' };
