-- What a positive whole number says that was stored or configured; nil for all else.
local NUMBER_MAX = 9007199254740991 -- what JavaScript counts exactly

local function positive(text)
  local number = tonumber(text)
  return number and number > 0 and number <= NUMBER_MAX and number or nil
end
