--- @include "bullmq/releaseParentIfNoPendingDependencies-2"

-- Releases parents whose children are all done by now; see `releases` of admit-jobs.lua.
local function releaseParents(releases)
  for _, release in ipairs(releases) do
    bullmq.releaseParentIfNoPendingDependencies({ release[1], release[2] }, { release[3], release[4], release[5] })
  end
end
