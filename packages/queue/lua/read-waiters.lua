--- @include "clock"
--- @include "waiter-queue"

--[[
  read-waiters: who waits for capacity, the first tickets of the waiter queue in their order. Dead ones are left out.

  KEYS     sluice:waiters, sluice:tickets
  ARGV[1]  how many tickets to look at
  Returns  { how many tickets there are, the dead ones included; the time, in ms; { ticket, arrival in ms, jobs that wait … } }

  Count: 0, reads
]]
local waiters, tickets = unpack(KEYS)
local most = tonumber(ARGV[1])

local found = {}
for from = 0, most - 1, TICKETS_WALKED_MAX do
  local _, sawEnd = walkWaiters({ waiters = waiters, tickets = tickets }, from, nil, function(ticket, wanted)
    if #found < 3 * most then
      found[#found + 1] = ticket
      found[#found + 1] = string.format('%.0f', math.floor(redis.call('ZSCORE', waiters, ticket) / 1000))
      found[#found + 1] = wanted
    end
    return false
  end)
  if sawEnd then break end
end
return { redis.call('ZCARD', waiters), string.format('%.0f', nowMs()), found }
