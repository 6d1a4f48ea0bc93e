--- @include "admission-queue"
--- @include "admit-batch"
--- @include "queue-keys"

-- The long way of admit-one: judges its job as admit-jobs does.
--
-- job       { id, jobKey, digest, plain }; jobKey: nil when the id was generated for this call; plain: { name, when it was put,
--           data, options }
-- settings  the header of admit-jobs, as JSON; ticket: the name of its ticket, empty for none
local function judgeOne(prefix, job, settings, ticket)
  local header = cjson.decode(settings)
  if ticket == '' then header.ticket = nil else header.ticket.name = ticket end
  job.q, job.drop = 1, header.dropPolicy
  return admitBatch(header, { readQueue(header, 1, queueKeys(prefix)) }, { job })
end
