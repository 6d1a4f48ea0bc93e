--- @include "admission-queue"
--- @include "admit-batch"
--- @include "queue-keys"

-- The long way of admit-adds: judges each of its jobs, as admit-jobs does, and adds those that are admitted.
local function judgeAdds(prefix, capacity, runs)
  local header = { mode = 'each', isolated = true, capacities = { capacity }, prefixes = { prefix }, releases = {} }
  local jobs = {}
  for _, run in ipairs(runs) do
    for data = run.first, run.last, run.perJob do
      local id = run.perJob == 2 and ARGV[data - 1] or ''
      jobs[#jobs + 1] = {
        q = 1, id = id, jobKey = id ~= '' and prefix .. id or nil, script = 'addStandardJob',
        plain = { run.name, run.at, ARGV[data], run.options }, failure = run.failure,
      }
    end
  end
  return admitBatch(header, { readQueue(header, 1, queueKeys(prefix)) }, jobs)
end
