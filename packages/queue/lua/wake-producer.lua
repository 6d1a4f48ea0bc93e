--- @include "waiter-queue"

--[[
  wake-producer: has a producer look up from its own stream, so that it reads others beside it.

  KEYS[1]  its stream
]]
wakeProducer(KEYS[1])
return 1
