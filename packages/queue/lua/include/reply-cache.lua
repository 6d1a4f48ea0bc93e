--[[
  The answer of a lane's last admission run, so that a run whose answer was lost can be sent again. A lane is one of the
  few runs that a producer may have under way at once; its runs are numbered, and a new one begins only when the one before
  is over. So one answer is enough, and a copy that arrives late (of a run that was sent twice, say) is known by its number.

    answer  string: "<number of the run> <reply>"
]]
local function keptAnswer(key, number)
  local last, reply = string.match(redis.call('GET', key) or '', '^(%d+) (.*)$')
  if not last or tonumber(last) < number then return nil end
  if tonumber(last) == number then return reply end
  return redis.error_reply('LATE this run was answered long ago')
end

local function keepAnswer(key, number, reply, keepMs)
  redis.call('SET', key, string.format('%.0f %s', number, reply), 'PX', keepMs)
end
