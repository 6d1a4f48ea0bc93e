import type { ControlRow } from '../control-row.ts';

export const replayRow: ControlRow = { name: 'replay', title: 'Replaying dead letters, and other puts meanwhile' };
