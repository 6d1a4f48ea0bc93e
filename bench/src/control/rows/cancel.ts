import type { ControlRow } from '../control-row.ts';

export const cancelRow: ControlRow = { name: 'cancel', title: 'Cancelling the oldest of a million waiting jobs' };
