import type { ControlRow } from '../control-row.ts';

export const poisonRow: ControlRow = { name: 'poison', title: 'One poison job among innocent ones' };
