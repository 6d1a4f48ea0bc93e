--[[
  The reply to a producer's last admission call, so that a call whose reply was lost can be sent again. A producer has a few
  request-id slots, and sends at most one call at a time from each; calls are numbered, and a new one is sent only when the one
  before is over. So one reply is enough for each slot, and a copy that arrives late (of a call that was sent twice, say) is
  known by its number.

    sluice:reply:<producer>:<slot>  string: "<number of the call> <reply>"
]]

-- The reply to this call, when it was made before; an error when a later one was.
local function cachedReply(key, number)
  local stored = redis.call('GET', key)
  local last = stored and tonumber(string.match(stored, '^%d+ '))
  number = tonumber(number)
  if not last or last < number then return nil end
  if last == number then return string.match(stored, ' (.*)$') end
  return redis.error_reply('LATE this run was answered long ago')
end

local function cacheReply(key, number, reply, keepMs)
  redis.call('SET', key, string.format('%.0f %s', number, reply), 'PX', keepMs)
end
