import type { Part } from './part.ts';
import { bytesPart } from './parts/bytes.ts';
import { latenessPart } from './parts/lateness.ts';
import { lifePart } from './parts/life.ts';
import { pickupPart } from './parts/pickup.ts';
import { putPart } from './parts/put.ts';
import { takePart } from './parts/take.ts';

/** In the order of the table. */
export const parts: readonly Part[] = [putPart, takePart, lifePart, pickupPart, latenessPart, bytesPart];
export const partNames: readonly string[] = parts.map(({ name }) => name);
