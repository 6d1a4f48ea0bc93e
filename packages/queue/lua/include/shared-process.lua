-- `sluice.sharedDelivery` of a job's hash is the number of the last delivery during which other jobs ran in the same process: if that
-- process crashes, nothing shows which of them did it.
--
-- alone  "<number of the delivery> <id>" of the job that had its process to itself until now; nil or empty for none
local function noteSharedProcess(prefix, alone)
  local number, id = string.match(alone or '', '^(%d+) (.+)$')
  if not number or redis.call('HGET', prefix .. id, 'ats') ~= number then return end
  redis.call('HSET', prefix .. id, 'sluice.sharedDelivery', number)
end
