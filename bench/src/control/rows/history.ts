import type { ControlRow } from '../control-row.ts';

export const historyRow: ControlRow = { name: 'history', title: 'What the history costs a job' };
