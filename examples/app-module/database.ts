/** Stands for the client of a real one. */
export interface Database {
  countOrders(day: string): Promise<number>;
  close(): Promise<void>;
}

export function openDatabase(): Database {
  const orders = new Map([['2026-11-27', 12]]);
  return { countOrders: async (day) => orders.get(day) ?? 0, close: async () => orders.clear() };
}
