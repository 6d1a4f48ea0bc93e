--- @include "waiter-queue"

-- Wakes producers that wait. Each of them reads a stream of its own, which holds one entry and expires soon when nobody reads.
local WAKE_STREAM_MS = 5000

local function wakeProducer(streamKey)
  redis.call('XADD', streamKey, 'MAXLEN', 1, '*', 'look', 'again')
  redis.call('PEXPIRE', streamKey, WAKE_STREAM_MS)
end

-- Wakes the first who lives from a position on, when those before it have left: only the head asks often enough to find
-- what workers without our scripts free, and it has to learn that it is the head. Not the producer whose call this is.
local function wakeFirstFrom(queue, wakePrefix, from, caller)
  walkWaiters(queue, from, nil, function(ticket)
    local producer = producerOf(ticket)
    if producer ~= caller then wakeProducer(wakePrefix .. producer) end
    return true
  end)
end
