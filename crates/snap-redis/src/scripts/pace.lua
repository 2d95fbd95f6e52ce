-- Reserves the next moment and says in how many microseconds it comes.
-- KEYS: the moment after the last one. ARGV: interval in microseconds.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local moment = tonumber(redis.call('GET', KEYS[1]) or now)
if moment < now then moment = now end
local after = moment + ARGV[1]
local life = math.ceil((after - now) / 1000) + 1000
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', string.format('%.0f', life))
return string.format('%.0f', moment - now)
