import type { ControlRow } from '../control-row.ts';

export const dedupeRow: ControlRow = { name: 'dedupe', title: 'Puts with deduplication' };
