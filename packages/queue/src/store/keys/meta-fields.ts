/**
 * Fields of ours in BullMQ's `meta` hash of a queue: what holds for the whole fleet, at once. A setting that is not there
 * leaves the matter to each client. Scripts alone write and read another one, `sluice.dropped`: how many jobs drop
 * policies have dropped.
 */
export const metaFields = {
  /** The capacity that every client enforces, in decimal digits. Written by scripts alone, as the next two: `capacity.lua`. */
  capacity: 'sluice.capacity',
  /** `<since, in ms> <set | definition | fallback>`. */
  capacityBy: 'sluice.capacity.by',
  /** The definitions that have connected, as JSON. */
  definitions: 'sluice.definitions',
  /** The definition whose workers set its schedules last. */
  schedulesBy: 'sluice.schedules',
  /** `ended` or `none` when the definition wants fewer events than BullMQ's (`event-policy.lua`); scripts write this and the next one. */
  events: 'sluice.events',
  /** When that last changed, in ms. */
  eventsSince: 'sluice.events.since',
  /** `1` while the queue takes no puts from outside. */
  sealed: 'sluice.sealed',
  /** The last fence that was drawn; only the scripts that take write it (`fence.lua`). */
  fence: 'sluice.fence',
  /** While there are crash suspects: when a busy pool may be asked to make way for them (`crash-suspects.lua`). */
  crashSuspects: 'sluice.crashSuspects',
  /** While there are tombstones in the list of waiting jobs: how many; only scripts write it (`tombstones.lua`). */
  tombstones: 'sluice.tombstones',
  /** While contracts have limits, or limits hold jobs back: how many were held back since then (`job-limits.lua`). */
  limits: 'sluice.limits',
} as const;
export type MetaField = (typeof metaFields)[keyof typeof metaFields];
