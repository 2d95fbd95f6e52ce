-- Remembers a token under the epoch of its client. A client's tokens count while its epoch stands.
-- KEYS: token, epoch. ARGV: life in milliseconds, environment, client id, issued at, expires at.
local time = redis.call('TIME')
local epoch = redis.call('GET', KEYS[2])
local life = ARGV[1] + 3600000
if not epoch then
  epoch = time[1] .. string.format('%06d', time[2])
  redis.call('SET', KEYS[2], epoch, 'PX', string.format('%.0f', life))
elseif redis.call('PTTL', KEYS[2]) < life then
  redis.call('PEXPIRE', KEYS[2], string.format('%.0f', life))
end
redis.call('HSET', KEYS[1], 'epoch', epoch, 'environment', ARGV[2], 'client', ARGV[3],
  'issued', ARGV[4], 'expires', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
