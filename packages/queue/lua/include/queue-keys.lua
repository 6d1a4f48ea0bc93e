-- The keys of a queue that admit-jobs is given, in their order, for a script that is given only what they start with.
local function queueKeys(prefix)
  local keys = {}
  for i, name in ipairs({ 'wait', 'active', 'prioritized', 'delayed', 'waiting-children', 'paused', 'meta', 'id', 'completed',
    'events', 'marker', 'pc', 'failed', 'sluice:waiters', 'sluice:tickets' }) do
    keys[i] = prefix .. name
  end
  return keys
end
