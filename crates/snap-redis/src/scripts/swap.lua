-- Writes a token if nobody wrote since the caller looked. The generation is the time of this server in
-- milliseconds, or one more than the last: it grows also where the server lost what it knew.
-- KEYS: token (also the channel), generation. ARGV: seen or nothing, sealed entry, life in milliseconds.
local value = redis.call('GET', KEYS[1])
local last = redis.call('GET', KEYS[2]) or (value and string.match(value, '^(%d+):'))
if ARGV[1] == '' then
  if value then return false end
elseif last and last ~= ARGV[1] then
  return false
end
local time = redis.call('TIME')
local generation = time[1] * 1000 + math.floor(time[2] / 1000)
if last and tonumber(last) >= generation then generation = tonumber(last) + 1 end
local text = string.format('%.0f', generation)
redis.call('SET', KEYS[1], text .. ':' .. ARGV[2], 'PX', ARGV[3])
-- It outlives the token, so that a late writer is told from one in time.
redis.call('SET', KEYS[2], text, 'PX', string.format('%.0f', ARGV[3] + 86400000))
-- Written it is, whether or not anybody hears of it.
redis.pcall('PUBLISH', KEYS[1], text)
return text
