import type { ControlRow } from '../control-row.ts';

export const latenessRow: ControlRow = { name: 'lateness', title: 'How late delayed and scheduled jobs start' };
