/** An order to a pool: a field of its hash `sluice:orders:<pool>`. */
export type PoolOrder =
  /** To abort the attempt of this delivery. `job`: the contract's name. */
  { readonly kind: 'cancel'; readonly fence: number; readonly job: string; readonly reason: string };

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
    return null;
  } catch {
    return null;
  }
}
