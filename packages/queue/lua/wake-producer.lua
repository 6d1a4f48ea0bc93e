--- @include "wake-producers"

--[[
  wake-producer: adds an entry to a producer's wake-up stream, so that its blocking read returns and it can read other streams
  together with it.

  KEYS     its stream
  ARGV     none
  Returns  1

  Count: 0
]]
local stream = unpack(KEYS)
wakeProducer(stream)
return 1
