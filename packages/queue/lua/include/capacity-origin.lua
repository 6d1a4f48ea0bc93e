--- @include "capacity"

-- Who decided the capacity of a queue; see capacity.lua.

-- Whether an operator's number overrides the definitions'.
local function isSetAtRunTime(metaKey, owner)
  local capacity, by = unpack(redis.call('HMGET', metaKey, CAPACITY, CAPACITY_BY))
  if not positive(capacity) then return false end
  local who = string.match(by or '', ' (%a+)$') or 'set'
  return who == 'set' or who == 'definition' and owner ~= nil and tonumber(capacity) ~= tonumber(owner.capacity)
end

-- Whose number it is, since when, and the definition that owns the queue.
local function originOf(metaKey)
  local owner = ownerOf(readDefinitions(metaKey))
  local since, who = string.match(redis.call('HGET', metaKey, CAPACITY_BY) or '', '^(%d+) (%a+)$')
  if isSetAtRunTime(metaKey, owner) then return 'set', who == 'set' and since, nil end
  return owner and 'definition' or 'fallback', since, owner
end
