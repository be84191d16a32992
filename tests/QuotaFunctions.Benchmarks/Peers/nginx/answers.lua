-- The answers of the upstream: a completion of 1 KB or 1 MB, plain or as server-sent events, and a stream that takes its time.
local answers = {}

local event_bytes = 1024
local usage = '"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}'

local function completion(bytes)
  local head = '{"id":"chatcmpl-1","object":"chat.completion","created":1767225600,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"'
  local tail = '"},"finish_reason":"stop"}],' .. usage .. '}'
  return head .. string.rep("x", bytes - #head - #tail) .. tail
end

local function event(bytes)
  local head = 'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"bench","choices":[{"index":0,"delta":{"content":"'
  local tail = '"},"finish_reason":null}]}\n\n'
  return head .. string.rep("x", bytes - #head - #tail) .. tail
end

local last_events = 'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1767225600,"model":"bench","choices":[],' .. usage .. '}\n\ndata: [DONE]\n\n'

local plain = { ["plain-1kb"] = completion(1024), ["plain-1mb"] = completion(1024 * 1024) }

local streams = {
  ["stream-1kb"] = { event = event(256), count = 4 },
  ["stream-1mb"] = { event = event(event_bytes), count = 1024 },
  ["stream-slow"] = { event = event(256), count = 12, pause = 0.5 },
}

function answers.send(shape)
  ngx.req.read_body()
  local body = plain[shape]
  if body then
    ngx.header["Content-Length"] = #body
    ngx.print(body)
    return
  end

  local stream = streams[shape]
  if not stream then
    return ngx.exit(404)
  end

  ngx.header["Content-Type"] = "text/event-stream"
  for _ = 1, stream.count do
    ngx.print(stream.event)
    ngx.flush(true)
    if stream.pause then
      ngx.sleep(stream.pause)
    end
  end
  ngx.print(last_events)
end

return answers
