-- Empties a slot. The next generation makes every writer late who saw the entry.
-- KEYS: token, generation.
local value = redis.call('GET', KEYS[1])
local last = redis.call('GET', KEYS[2]) or (value and string.match(value, '^(%d+):'))
if last then
  redis.call('SET', KEYS[2], string.format('%.0f', tonumber(last) + 1), 'PX', 86400000)
end
return redis.call('DEL', KEYS[1])
