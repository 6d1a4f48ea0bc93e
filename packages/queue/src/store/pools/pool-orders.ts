/** To abort the attempt of a delivery. */
export interface CancelOrder {
  readonly kind: 'cancel';
  readonly fence: number;
  /** The contract's name. */
  readonly job: string;
  readonly reason: string;
}

/** What a pool is told as a whole. */
export type FleetOrder =
  | { readonly kind: 'concurrency'; readonly slots: number }
  /** `timeoutMs`: how long attempts may go on; null: as long as the pool itself would let them. */
  | { readonly kind: 'drain'; readonly timeoutMs: number | null };

/** An order to a pool: a field of its hash `sluice:orders:<pool>`. */
export type PoolOrder = CancelOrder | FleetOrder;

/** The field and the value of an order; those of a cancel are written by cancel-job.lua. */
export function orderField(order: FleetOrder): [field: string, json: string] {
  const { kind, ...rest } = order;
  return [kind, JSON.stringify(rest)];
}

/** Reads the fields of the hash; what cannot be read is for a newer version. */
export function readOrders(fields: Readonly<Record<string, string>>): PoolOrder[] {
  return Object.entries(fields).flatMap(([field, json]) => readOrder(field, json) ?? []);
}

function readOrder(field: string, json: string): PoolOrder | null {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null) return null;
    if ('cancel' in value && 'job' in value && 'reason' in value)
      return { kind: 'cancel', fence: Number(field), job: String(value.job), reason: String(value.reason) };
    if (field === 'concurrency' && 'slots' in value && typeof value.slots === 'number')
      return { kind: field, slots: value.slots };
    if (field === 'drain' && 'timeoutMs' in value)
      return { kind: field, timeoutMs: typeof value.timeoutMs === 'number' ? value.timeoutMs : null };
    return null;
  } catch {
    return null;
  }
}
