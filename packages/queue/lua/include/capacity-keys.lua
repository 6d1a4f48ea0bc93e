-- The nine keys that show how much capacity of a queue is free and who waits for it, by name. A script is given them in this
-- order, from the first position on; so does `capacityKeys` in src/store/admission/admission-keys.ts.
local function capacityKeys(first)
  local wait, active, prioritized, delayed, waitingChildren, pausedList, meta, waiters, tickets =
    unpack(KEYS, first, first + 8)
  return {
    wait = wait, active = active, prioritized = prioritized, delayed = delayed, waitingChildren = waitingChildren,
    pausedList = pausedList, meta = meta, waiters = waiters, tickets = tickets,
  }
end
